// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// P15: policies that were fetched while the clock was ahead.
struct FutureFetchTests {
    private let store = MemoryPolicyStore()
    private let world: FlowWorld
    private let ahead: CachedPolicy

    init() throws {
        world = try FlowWorld(store: store)
        ahead = CachedPolicy(
            policy: try STSPolicy(parsing: policyText(maxAge: 86_400)),
            recordID: STSRecord.ID("1"),
            fetchedAt: world.wall.now.advanced(bySeconds: 3_650 * 86_400)
        )
        #expect(store.put(ahead, for: world.domain, replacing: nil))
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
    }

    /// Neither from memory nor from the store does it begin anew.
    @Test(.proves("R-CACHE-16"), arguments: ["message", "run"]) func itEndsAtLast(by kind: String) async throws {
        #expect(try await world.resolve().policy == ahead.policy)
        #expect(store.entry(for: world.domain)?.policy == ahead)
        world.advance(bySeconds: 86_399)
        #expect(try await world.resolve().policy == ahead.policy)
        world.advance(bySeconds: 2)
        if kind == "run" { await world.resolver.refreshDue() }
        #expect(try await world.resolve().policy == nil)
        #expect(store.entry(for: world.domain)?.policy.isFresh(at: world.wall.now) == false)
        let lapses = await world.events().count { if case .lapsed = $0 { true } else { false } }
        #expect(lapses == 1)
    }

    /// The store's time was right, and the clock was behind for a while.
    @Test(.proves("R-CACHE-16")) func itIsInForceOnceTheClockIsRight() async throws {
        #expect(try await world.resolve().policy == ahead.policy)
        world.wall.advance(bySeconds: 3_650 * 86_400 + 100)
        #expect(try await world.resolve().policy == ahead.policy)
        #expect(world.resolver.cache.inspect(world.domain)?.policy.fetchedAt == ahead.fetchedAt)
    }

    @Test(.proves("R-CACHE-16")) func itIsFetchedSoon() async throws {
        #expect(try await world.resolve().policy == ahead.policy)
        world.https.publishPolicy(policyText("testing"), for: world.domain)
        world.advance(bySeconds: 300)
        await world.resolver.refreshDue()
        #expect(try await world.resolve().policy?.mode == .testing)
    }
}
