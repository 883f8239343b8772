// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import STSPolicy
import STSRecord
import Testing

@testable import PolicyCache

private let check = MonotonicTime(nanoseconds: 0)

extension PolicyCache {
    /// Keeps a policy as the resolver does.
    @discardableResult
    fileprivate func keep(_ policy: CachedPolicy, for domain: String, now: Int64 = 1_000) throws -> DomainName? {
        keep(policy, for: try name(domain), nextCheck: check, now: time(now)).first?.domain
    }

    fileprivate func has(_ domain: String) throws -> Bool {
        var isThere = false
        let domain = try name(domain)
        forEach { other, _ in if other == domain { isThere = true } }
        return isThere
    }
}

/// The memory of the cache: what it keeps, and what it gives up when it is full.
@Suite struct PolicyCacheMemoryTests {
    @Test(.proves("R-DISC-07")) func keepsAndForgets() throws {
        let cache = PolicyCache()
        let domain = try name("example.com")
        #expect(cache.lookUp(domain, now: time(1)) == nil)
        try cache.keep(cached(), for: "Example.COM")
        let later = MonotonicTime(nanoseconds: 7)
        cache.setNextCheck(later, for: domain)
        let hit = try #require(cache.lookUp(domain, now: time(5_000)))
        #expect(try hit.policy == cached().requested(at: time(5_000)))
        #expect(hit.nextCheck == later)
        var seen: [CachedPolicy] = []
        cache.forEach { _, policy in seen.append(policy) }
        #expect(seen.map(\.lastRequestedAt) == [time(5_000)])
        cache.forget(domain)
        #expect(cache.lookUp(domain, now: time(1)) == nil)
        #expect(cache.statistics.policiesInMemory == 0)
    }

    /// R-CACHE-11: a policy replaces the one before whole, even if weaker and shorter.
    @Test(.proves("R-CACHE-11")) func replacesWhole() throws {
        let cache = PolicyCache()
        try cache.keep(cached("a.example", mode: .enforce, maxAge: 1_000), for: "example.com")
        let weaker = try cached("b.example", mode: .none, maxAge: 10, fetched: 1_001, id: nil)
        try cache.keep(weaker, for: "example.com")
        #expect(cache.lookUp(try name("example.com"), now: time(1_001))?.policy == weaker)
        #expect(cache.statistics.policiesInMemory == 1)
        #expect(cache.statistics.evictions == 0)
    }

    /// Expired, none, testing, enforce: whatever the order of arrival and use.
    @Test(.proves("R-CACHE-15"), arguments: 0..<24) func evictionOrder(permutation: Int) throws {
        // One shard, so that all are rivals.
        let map = ShardedMap<CachedPolicy>(capacity: 4, shards: 1)
        let rank: (CachedPolicy) -> Int = {
            PolicyCache.rank(CompactPolicy($0, sharing: $0.policy), now: time(1_000))
        }
        var kinds = [
            ("expired.example", try cached(mode: .enforce, maxAge: 1, fetched: 1)),
            ("none.example", try cached(mode: .none)), ("testing.example", try cached(mode: .testing)),
            ("enforce.example", try cached(mode: .enforce)),
        ]
        let order = kinds.map(\.0)
        var rest = permutation
        var shuffled: [(String, CachedPolicy)] = []
        while let count = Optional(kinds.count), count > 0 {
            shuffled.append(kinds.remove(at: rest % count))
            rest /= count
        }
        for (domain, policy) in shuffled { #expect(map.set(policy, for: try name(domain), rank: rank).isEmpty) }
        // The weakest is the one in use.
        for _ in 0..<3 { _ = map.withValue(of: try name("expired.example")) { _ in } }
        var evicted: [String] = []
        for number in 0..<3 {
            let newcomer = try name("new-\(number).example")
            evicted.append(try #require(map.set(cached(), for: newcomer, rank: rank).first).domain.description)
        }
        #expect(evicted == Array(order.prefix(3)))
        #expect(map.withValue(of: try name("enforce.example")) { _ in } != nil)
        #expect(map.count == 4)
    }

    @Test func lossIsCountedWithoutAStoreOnly() throws {
        let alone = PolicyCache(capacity: 1)
        #expect(try alone.keep(cached(), for: "a.example") == nil)
        #expect(try alone.keep(cached(), for: "b.example") == name("a.example"))
        #expect(alone.statistics.evictions == 1)
        #expect(alone.statistics.lostPolicies == 1)
        let stored = PolicyCache(store: MemoryPolicyStore(), capacity: 1)
        try stored.keep(cached(), for: "a.example")
        #expect(try stored.keep(cached(), for: "b.example") == nil)
        #expect(stored.statistics.evictions == 1)
        #expect(stored.statistics.lostPolicies == 0)
    }

    @Test func anExpiredPolicyIsNoLoss() throws {
        let cache = PolicyCache(capacity: 1)
        try cache.keep(cached(maxAge: 100, fetched: 1_000), for: "a.example")
        #expect(try cache.keep(cached(fetched: 2_000), for: "b.example", now: 2_000) == nil)
        #expect(cache.statistics.evictions == 1)
        #expect(cache.statistics.lostPolicies == 0)
    }

    /// R-CACHE-15: look-ups of 10^5 other domains leave no trace in memory, and a flood of weaker policies displaces
    /// no enforce policy.
    @Test(.proves("R-CACHE-15")) func aFloodDisplacesNothingStronger() async throws {
        let cache = PolicyCache(capacity: 320)
        let domains = (0..<80).map { "enforced-\($0).example" }
        for domain in domains { try cache.keep(cached(), for: domain) }
        for number in 0..<100_000 {
            if number.isMultiple(of: 100) { await Task.yield() }  // others have clocks that run
            #expect(cache.lookUp(try name("other-\(number).example"), now: time(1_000)) == nil)
        }
        #expect(cache.statistics.policiesInMemory == 80)
        let weak = try cached(mode: .none)
        for number in 0..<100_000 {
            if number.isMultiple(of: 100) { await Task.yield() }  // others have clocks that run
            try cache.keep(weak, for: "other-\(number).example")
        }
        for domain in domains { #expect(try cache.lookUp(name(domain), now: time(1_000)) != nil, "\(domain)") }
        #expect(cache.statistics.policiesInMemory <= 320)
    }

    @Test(arguments: [-1, 0, 1, 2, 15, 16, 17, 100]) func capacityIsABound(_ capacity: Int) throws {
        let cache = PolicyCache(capacity: capacity)
        for number in 0..<200 { try cache.keep(cached(), for: "\(number).example") }
        let count = cache.statistics.policiesInMemory
        #expect(count >= 1 && count <= max(1, capacity))
        #expect(cache.statistics.evictions == 200 - count)
    }

    /// Names whose beginnings are alike still spread over all of the memory.
    @Test func commonBeginningsSpread() throws {
        let cache = PolicyCache(capacity: 1_600)
        for number in 0..<800 { try cache.keep(cached(), for: "a-very-long-common-beginning-\(number).example") }
        #expect(cache.statistics.evictions == 0)
    }

    /// Equal texts share one buffer, equal meanings with other texts do not.
    @Test func textsAreShared() throws {
        let cache = PolicyCache()
        let plain = "version: STSv1\nmode: none\nmax_age: 1000\n"
        let texts = [plain, plain, plain.replacing("\n", with: "\r\n")]
        for (number, text) in texts.enumerated() {
            let policy = try STSPolicy(parsing: Array(text.utf8))
            let entry = CachedPolicy(policy: policy, recordID: nil, fetchedAt: time(Int64(1_000 + number)))
            try cache.keep(entry, for: "\(number).example")
        }
        let kept = try (0..<3).map { number in
            try #require(cache.lookUp(name("\(number).example"), now: time(1_000))).policy
        }
        let places = kept.map { entry in entry.policy.text.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        #expect(places[0] == places[1])
        #expect(places[0] != places[2])
        #expect(kept.map(\.policy.text) == texts.map { Array($0.utf8) })
        #expect(kept.map(\.fetchedAt) == [time(1_000), time(1_001), time(1_002)])
    }

    /// R-CACHE-20: readers see whole entries while writers replace them.
    @Test(.proves("R-CACHE-20")) func manyThreads() async throws {
        let cache = PolicyCache(capacity: 64)
        let policies = try (0..<4).map { try cached("mx\($0).example", fetched: Int64($0), id: "id\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for step in 0..<2_000 {
                        let domain = "\(step % 100).example"
                        try cache.keep(policies[(step + task) % 4], for: domain, now: 1)
                        guard let hit = cache.lookUp(try name(domain), now: time(1)) else { continue }
                        let number = Int(hit.policy.fetchedAt.secondsSinceEpoch)
                        #expect(hit.policy.requested(at: time(0)) == policies[number].requested(at: time(0)))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(cache.statistics.policiesInMemory <= 64)
    }
}
