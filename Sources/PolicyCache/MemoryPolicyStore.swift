// SPDX-License-Identifier: Apache-2.0

public import STSCore
import Synchronization

/// A store in memory: several resolvers of one process share it, tests run on it. It forgets all with the process, and
/// it has no bound: a resolver drops an entry from it a year after it has expired. A single resolver needs no store to
/// keep policies in memory.
public final class MemoryPolicyStore: PolicyStore {
    private struct State {
        var entries: [DomainName: StoredPolicy] = [:]
        var writes: UInt64 = 0
    }

    private let state = Lock(State())

    /// An empty store.
    public init() {}

    /// The entry of a policy domain.
    public func entry(for domain: DomainName) -> StoredPolicy? {
        state.withLock { $0.entries[domain] }
    }

    /// Writes an entry if the one in the store has the given revision.
    public func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) -> Bool {
        state.withLock { state in
            guard state.entries[domain]?.revision == revision else { return false }
            state.writes &+= 1
            let next = StoreRevision(rawValue: String(state.writes))
            state.entries[domain] = StoredPolicy(domain: domain, policy: policy, revision: next)
            return true
        }
    }

    /// Removes an entry if it has the given revision.
    public func remove(_ domain: DomainName, revision: StoreRevision) -> Bool {
        state.withLock { state in
            guard state.entries[domain]?.revision == revision else { return false }
            state.entries[domain] = nil
            return true
        }
    }

    /// Some of the entries, in the order of their names.
    public func entries(after cursor: StoreCursor?, limit: Int) -> StorePage {
        state.withLock { state in
            let rest = state.entries.values
                .filter { entry in cursor.map { entry.domain.description > $0.rawValue } ?? true }
                .sorted { $0.domain < $1.domain }
            let page = Array(rest.prefix(max(1, limit)))
            let next = page.count < rest.count ? page.last.map { StoreCursor(rawValue: $0.domain.description) } : nil
            return StorePage(entries: page, next: next)
        }
    }
}
