// SPDX-License-Identifier: Apache-2.0

package import STSCore

extension PolicyCache {
    /// What a writer knows of the store's entry from before its fetch.
    package enum KnownEntry: Sendable {
        /// There was none.
        case absent
        /// It had this revision.
        case revision(StoreRevision)
        /// The store could not be read.
        case unknown

        /// What a read of the store gave.
        package init(_ stored: StoredPolicy?) {
            self = stored.map { .revision($0.revision) } ?? .absent
        }
    }

    /// What a write to the store came to.
    package enum WriteOutcome: Sendable {
        /// The policy is in the store, or there is no store.
        case written
        /// There is a policy fetched later, by another task or process; it is to be used.
        case superseded(by: CachedPolicy)
        /// The store failed; the policy is in memory alone.
        case failed(any Error)
    }

    /// The entry in the store.
    package func load(_ domain: DomainName) async throws -> StoredPolicy? {
        try await store?.entry(for: domain)
    }

    /// Writes a policy to the store, but never an older one over a newer.
    ///
    /// The write replaces the entry that was known before the fetch. Who loses that compare-and-set reads again and
    /// overwrites only if its own fetch began later by the wall clock than that of the stored entry, or if the stored
    /// time lies in the future.
    package func write(
        _ policy: CachedPolicy,
        for domain: DomainName,
        replacing known: KnownEntry,
        now: UnixTime
    ) async -> WriteOutcome {
        guard let store else {
            guard let memory = inspect(domain)?.policy, memory.wasFetched(after: policy, now: now) else {
                return .written
            }
            return .superseded(by: memory)
        }
        do {
            switch known {
            case .absent: if try await store.put(policy, for: domain, replacing: nil) { return .written }
            case .revision(let revision):
                if try await store.put(policy, for: domain, replacing: revision) { return .written }
            case .unknown: break
            }
            // Each further loss means that another writer got on; a bound keeps a broken store from holding us.
            for _ in 0..<16 {
                let stored = try await store.entry(for: domain)
                if let stored, stored.policy.fetchedAt >= policy.fetchedAt, stored.policy.fetchedAt <= now {
                    return .superseded(by: stored.policy)
                }
                if try await store.put(policy, for: domain, replacing: stored?.revision) { return .written }
            }
            return .failed(StoreContention())
        } catch {
            return .failed(error)
        }
    }

    /// Fresh policies in memory that the store refused when they were fetched, some of them.
    package func unstored(limit: Int, now: UnixTime) -> [(domain: DomainName, policy: CachedPolicy)] {
        guard store != nil else { return [] }
        var found: [(domain: DomainName, policy: CachedPolicy)] = []
        forEachEntry { domain, entry in
            guard !entry.isStored, found.count < limit, entry.policy.isFresh(at: now) else { return }
            found.append((domain, entry.policy.cachedPolicy))
        }
        return found
    }

    /// Notes that the store has a policy which it refused before, unless memory has another by now.
    package func noteStored(_ policy: CachedPolicy, for domain: DomainName) {
        change(domain) { entry in
            if entry.policy.fetchedAt == policy.fetchedAt { entry.isStored = true }
        }
    }

    /// Removes a policy from memory and store, unless it was replaced by one fetched later than `moment`; a fetch that
    /// lies in the future does not count as later.
    package func remove(_ domain: DomainName, fetchedNoLaterThan moment: UnixTime, now: UnixTime) async throws {
        func isOld(_ policy: CachedPolicy) -> Bool { policy.fetchedAt <= moment || policy.fetchedAt > now }
        forget(domain, if: isOld)
        guard let store else { return }
        for _ in 0..<16 {
            guard let stored = try await store.entry(for: domain), isOld(stored.policy) else { return }
            if try await store.remove(domain, revision: stored.revision) { return }
        }
        throw StoreContention()
    }
}

/// The store changed under each of many attempts to write one entry.
package struct StoreContention: Error, CustomStringConvertible {
    package var description: String { "the entry changed under each of 16 attempts to write it" }
}
