// SPDX-License-Identifier: Apache-2.0

import STSCore
import STSPolicy
import STSRecord
import Testing

@testable import PolicyCache

struct CompactPolicyTests {
    private static let characters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    @Test(arguments: 1...32) func anIDOfEachLengthIsPackedAndUnpacked(count: Int) throws {
        for start in Self.characters.indices {
            let text = String((0..<count).map { Self.characters[(start + $0 * 7) % Self.characters.count] })
            let id = try #require(STSRecord.ID(text))
            #expect(PackedID(id).id == id)
        }
    }

    @Test func noIDIsNone() { #expect(PackedID(nil).id == nil) }

    @Test func anEntryTakesAsFewOctetsAsIsSaid() {
        #expect(MemoryLayout<PackedID>.size == 24)
        #expect(MemoryLayout<PolicyCache.Entry>.size <= 53)
    }

    @Test func anEntryIsWhatItWasMadeOf() throws {
        let policy = try STSPolicy(parsing: "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 9\n")
        for (fetched, requested) in [(0, 0), (1_767_225_600, 1_767_229_200), (1_767_225_600, 1_767_225_000)] {
            let entry = CachedPolicy(
                policy: policy,
                recordID: STSRecord.ID("20260101"),
                fetchedAt: UnixTime(secondsSinceEpoch: Int64(fetched)),
                lastRequestedAt: UnixTime(secondsSinceEpoch: Int64(requested))
            )
            let compact = CompactPolicy(entry, sharing: policy)
            #expect(compact.cachedPolicy == entry)
            for second in [-1, 0, 9, 10] {
                let now = entry.fetchedAt.advanced(bySeconds: Int64(second))
                #expect(compact.isFresh(at: now) == entry.isFresh(at: now))
            }
        }
    }

    @Test func aTimeFarOffIsHeldWithinTheRange() throws {
        let policy = try STSPolicy(parsing: "version: STSv1\nmode: none\nmax_age: 9\n")
        let entry = CachedPolicy(
            policy: policy,
            recordID: nil,
            fetchedAt: UnixTime(secondsSinceEpoch: .min),
            lastRequestedAt: UnixTime(secondsSinceEpoch: .max)
        )
        let compact = CompactPolicy(entry, sharing: policy)
        #expect(compact.lastRequestedAt == entry.fetchedAt.advanced(bySeconds: Int64(Int32.max)))
        #expect(compact.cachedPolicy.recordID == nil)
    }
}
