// SPDX-License-Identifier: Apache-2.0

package import STSCore

extension PolicyCache {
    /// What a write to the store came to.
    package enum WriteOutcome: Sendable {
        /// The policy is in the store, or there is no store.
        case written
        /// The store holds a policy fetched later, by another process; it is to be used.
        case superseded(by: CachedPolicy)
        /// The store failed; the policy is in memory alone.
        case failed(any Error)
    }

    /// The policy in the store.
    package func load(_ domain: DomainName) async throws -> CachedPolicy? {
        guard let store else { return nil }
        return try await store.entry(for: domain)?.policy
    }

    /// Writes a policy to the store, but never an older one over a newer.
    ///
    /// Who loses a compare-and-set reads again and overwrites only if its own fetch began later by the wall clock than
    /// that of the stored entry, or if the stored time lies in the future.
    package func write(_ policy: CachedPolicy, for domain: DomainName, now: UnixTime) async -> WriteOutcome {
        guard let store else { return .written }
        do {
            // Each loss means that another writer got on; a bound keeps a broken store from holding us.
            for _ in 0..<16 {
                let stored = try await store.entry(for: domain)
                if let stored, stored.policy.fetchedAt > policy.fetchedAt, stored.policy.fetchedAt <= now {
                    return .superseded(by: stored.policy)
                }
                if try await store.put(policy, for: domain, replacing: stored?.revision) { return .written }
            }
            return .failed(StoreContention())
        } catch {
            return .failed(error)
        }
    }

    /// Removes a policy from memory and store: unless, in the store, it was replaced by one fetched later than
    /// `moment`.
    package func remove(_ domain: DomainName, fetchedNoLaterThan moment: UnixTime) async throws {
        forget(domain)
        guard let store else { return }
        for _ in 0..<16 {
            guard let stored = try await store.entry(for: domain), stored.policy.fetchedAt <= moment else { return }
            if try await store.remove(domain, revision: stored.revision) { return }
        }
        throw StoreContention()
    }
}

/// The store changed under each of many attempts to write one entry.
package struct StoreContention: Error, CustomStringConvertible {
    package var description: String { "the entry changed under each of 16 attempts to write it" }
}
