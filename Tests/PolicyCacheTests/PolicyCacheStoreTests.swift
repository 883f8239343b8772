// SPDX-License-Identifier: Apache-2.0

import PolicyCache
import STSCore
import STSPolicy
import Synchronization
import Testing

extension PolicyCache.WriteOutcome {
    fileprivate var isWritten: Bool { if case .written = self { true } else { false } }
    fileprivate var superseding: CachedPolicy? { if case .superseded(let policy) = self { policy } else { nil } }
    fileprivate var error: (any Error)? { if case .failed(let error) = self { error } else { nil } }
}

/// FLOW section 1, sharing: what a cache writes to a store that others write too.
@Suite struct PolicyCacheStoreTests {
    let store = MemoryPolicyStore()
    let domain: DomainName
    var cache: PolicyCache { PolicyCache(store: store) }

    init() throws { domain = try name("example.com") }

    @Test func writesAndLoads() async throws {
        let outcome = await cache.write(try cached(), for: domain, replacing: .absent, now: time(1_000))
        #expect(outcome.isWritten)
        #expect(try await cache.load(domain)?.policy == cached())
        #expect(try await cache.load(name("other.example")) == nil)
    }

    @Test func withoutAStoreThereIsNothingToDo() async throws {
        let alone = PolicyCache()
        let outcome = await alone.write(try cached(), for: domain, replacing: .absent, now: time(1_000))
        #expect(outcome.isWritten)
        #expect(try await alone.load(domain) == nil)
        try await alone.remove(domain, fetchedNoLaterThan: time(.max), now: time(1_000))
    }

    /// Stored and own time of fetch, now, and whether the own policy is written: never an older over a newer, unless
    /// the stored time lies in the future.
    @Test(arguments: [
        (stored: Int64(900), own: Int64(1_000), now: Int64(1_000), isWritten: true),
        (1_000, 1_000, 1_000, false), (1_001, 1_000, 1_001, false), (1_001, 1_000, 2_000, false),
        (1_001, 1_000, 1_000, true), (.max, 1_000, 1_000, true), (.min, 1_000, 1_000, true),
        (1_001, .min, 2_000, false),
    ])
    func neverOlderOverNewer(stored: Int64, own: Int64, now: Int64, isWritten: Bool) async throws {
        let theirs = try cached("theirs.example", fetched: stored)
        let ours = try cached("ours.example", fetched: own)
        #expect(store.put(theirs, for: domain, replacing: nil))
        let outcome = await cache.write(ours, for: domain, replacing: .absent, now: time(now))
        #expect(outcome.isWritten == isWritten)
        #expect(outcome.superseding == (isWritten ? nil : theirs))
        #expect(store.entry(for: domain)?.policy == (isWritten ? ours : theirs))
    }

    /// Who loses a compare-and-set reads again: an older entry that came between is overwritten, a newer stays.
    @Test(arguments: [(fetched: Int64(990), isWritten: true), (1_010, false)])
    func lostCompareAndSet(fetched: Int64, isWritten: Bool) async throws {
        let rival = try cached("rival.example", fetched: fetched)
        let racing = RacingStore(store, rival: rival)
        let cache = PolicyCache(store: racing)
        let outcome = await cache.write(try cached(), for: domain, replacing: .absent, now: time(2_000))
        #expect(outcome.isWritten == isWritten)
        #expect(store.entry(for: domain)?.policy == (isWritten ? try cached() : rival))
    }

    @Test func failureOfTheStoreIsReported() async throws {
        let cache = PolicyCache(store: BrokenStore(.throwing))
        let outcome = await cache.write(try cached(), for: domain, replacing: .absent, now: time(1_000))
        #expect(outcome.error is BrokenStore.Full)
        await #expect(throws: BrokenStore.Full.self) { try await cache.load(domain) }
        await #expect(throws: BrokenStore.Full.self) {
            try await cache.remove(domain, fetchedNoLaterThan: time(.max), now: time(1_000))
        }
    }

    @Test func aStoreThatAlwaysRefusesHoldsNobody() async throws {
        let cache = PolicyCache(store: BrokenStore(.refusing))
        let outcome = await cache.write(try cached(), for: domain, replacing: .absent, now: time(1_000))
        #expect(outcome.error is StoreContention)
        await #expect(throws: StoreContention.self) {
            try await cache.remove(domain, fetchedNoLaterThan: time(.max), now: time(1_000))
        }
    }

    @Test(arguments: [(moment: Int64(999), isGone: false), (1_000, true), (1_001, true)])
    func removesNothingFetchedLater(moment: Int64, isGone: Bool) async throws {
        let cache = cache
        #expect(store.put(try cached(fetched: 1_000), for: domain, replacing: nil))
        _ = cache.keep(try cached(), for: domain, nextCheck: MonotonicTime(nanoseconds: 0), now: time(1_000))
        try await cache.remove(domain, fetchedNoLaterThan: time(moment), now: time(1_000))
        #expect((store.entry(for: domain) == nil) == isGone)
        #expect((cache.lookUp(domain, now: time(1_000)) == nil) == isGone)
    }

    /// The entry that was known before the fetch is replaced whatever its time: nobody came between.
    @Test(arguments: [900, 1_000, 1_100] as [Int64])
    func replacesWhatWasKnown(stored: Int64) async throws {
        #expect(store.put(try cached(fetched: stored), for: domain, replacing: nil))
        let known = PolicyCache.KnownEntry(try await cache.load(domain))
        let ours = try cached("ours.example", fetched: 1_000)
        #expect(await cache.write(ours, for: domain, replacing: known, now: time(2_000)).isWritten)
        #expect(store.entry(for: domain)?.policy == ours)
    }
}

/// Another writer gets in once between our reading and our writing.
private final class RacingStore: PolicyStore {
    private let base: MemoryPolicyStore
    private let rival: Mutex<CachedPolicy?>

    init(_ base: MemoryPolicyStore, rival: CachedPolicy) {
        self.base = base
        self.rival = Mutex(rival)
    }

    func entry(for domain: DomainName) async throws -> StoredPolicy? { base.entry(for: domain) }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool {
        let rival = rival.withLock { rival in
            defer { rival = nil }
            return rival
        }
        if let rival { _ = base.put(rival, for: domain, replacing: base.entry(for: domain)?.revision) }
        return base.put(policy, for: domain, replacing: revision)
    }

    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        base.remove(domain, revision: revision)
    }

    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        base.entries(after: cursor, limit: limit)
    }
}

private struct BrokenStore: PolicyStore {
    enum Way { case throwing, refusing }
    struct Full: Error {}

    private let way: Way

    init(_ way: Way) { self.way = way }

    private func fail() throws { if way == .throwing { throw Full() } }

    func entry(for domain: DomainName) async throws -> StoredPolicy? {
        try fail()
        return StoredPolicy(domain: domain, policy: try cached(fetched: 1), revision: StoreRevision(rawValue: "1"))
    }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool {
        try fail()
        return false
    }

    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        try fail()
        return false
    }

    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        try fail()
        return StorePage(entries: [], next: nil)
    }
}
