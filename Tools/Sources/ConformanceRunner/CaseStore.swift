// SPDX-License-Identifier: Apache-2.0

internal import MTASTS

/// The store of a case. It can refuse to be written to.
///
/// A damaged entry is no entry to whoever asks a store (`PolicyStore`), so that a store with one is an empty store.
struct CaseStore: PolicyStore {
    struct WriteRefused: Error {}

    private let entries = MemoryPolicyStore()
    private let refusesWrites: Bool

    init(refusesWrites: Bool) { self.refusesWrites = refusesWrites }

    /// Puts an entry where there is none, whether or not writes are refused.
    func preload(_ policy: CachedPolicy, for domain: DomainName) {
        _ = entries.put(policy, for: domain, replacing: nil)
    }

    func entry(for domain: DomainName) async throws -> StoredPolicy? { entries.entry(for: domain) }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool {
        if refusesWrites { throw WriteRefused() }
        return entries.put(policy, for: domain, replacing: revision)
    }

    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        if refusesWrites { throw WriteRefused() }
        return entries.remove(domain, revision: revision)
    }

    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        entries.entries(after: cursor, limit: limit)
    }
}
