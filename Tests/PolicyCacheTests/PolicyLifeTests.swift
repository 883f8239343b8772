// SPDX-License-Identifier: Apache-2.0

import PolicyCache
import RequirementTrait
import STSCore
import STSPolicy
import STSRecord
import Testing

/// RFC 8461 sections 3.2 and 5.1: how long a policy may be applied.
@Suite struct PolicyLifeTests {
    @Test(
        .proves("R-CACHE-01", "R-CACHE-02"),
        arguments: [
            (now: Int64(1_000), isFresh: true), (1_099, true), (1_100, true), (1_101, false), (2_000, false),
            (.max, false),
        ]
    )
    func maxAgeFromTheFetch(now: Int64, isFresh: Bool) throws {
        #expect(try cached(maxAge: 100, fetched: 1_000).isFresh(at: time(now)) == isFresh)
    }

    @Test func expiry() throws {
        #expect(try cached(maxAge: 100, fetched: 1_000).expiresAt == time(1_100))
    }

    @Test(.proves("R-CACHE-18")) func maxAgeZeroIsNeverFresh() throws {
        let policy = try cached(maxAge: 0, fetched: 1_000)
        for now: Int64 in [.min, 999, 1_000, 1_001] { #expect(!policy.isFresh(at: time(now))) }
    }

    /// R-CACHE-16: a clock set back makes no policy unusable, and does not wrap.
    @Test(.proves("R-CACHE-16"), arguments: [Int64.min, -1, 0, 999]) func clockSetBack(now: Int64) throws {
        #expect(try cached(maxAge: 100, fetched: 1_000).isFresh(at: time(now)))
    }

    /// R-CACHE-17: at the ends of the range nothing traps.
    @Test(.proves("R-CACHE-17")) func endsOfTheRange() throws {
        let year = STSPolicy.maximumMaxAge
        let late = try cached(maxAge: year, fetched: .max)
        #expect(late.expiresAt == time(.max))
        #expect(late.isFresh(at: time(.max)))
        #expect(late.isFresh(at: time(.min)))
        let early = try cached(maxAge: year, fetched: .min)
        #expect(early.isFresh(at: time(.min)))
        #expect(early.isFresh(at: time(.min + Int64(year))))
        #expect(!early.isFresh(at: time(.min + Int64(year) + 1)))
        #expect(!early.isFresh(at: time(.max)))
    }

    @Test func requestTimeDefaultsToTheFetch() throws {
        let policy = try cached(fetched: 1_000)
        #expect(policy.lastRequestedAt == time(1_000))
        let later = policy.requested(at: time(2_000))
        #expect(later.lastRequestedAt == time(2_000))
        #expect(later.fetchedAt == time(1_000))
        #expect(later.recordID == policy.recordID)
    }
}
