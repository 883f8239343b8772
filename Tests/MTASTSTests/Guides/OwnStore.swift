// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// A store in a dictionary. A real one keeps the same promises by its engine's compare-and-set.
actor DictionaryStore: PolicyStore {
    private var entries: [DomainName: StoredPolicy] = [:]
    private var writes = 0

    func entry(for domain: DomainName) -> StoredPolicy? { entries[domain] }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) -> Bool {
        guard entries[domain]?.revision == revision else { return false }
        // Never one that was there before, not even after a removal.
        writes += 1
        let next = StoreRevision(rawValue: String(writes))
        entries[domain] = StoredPolicy(domain: domain, policy: policy, revision: next)
        return true
    }

    func remove(_ domain: DomainName, revision: StoreRevision) -> Bool {
        guard entries[domain]?.revision == revision else { return false }
        entries[domain] = nil
        return true
    }

    func entries(after cursor: StoreCursor?, limit: Int) -> StorePage {
        // In the order of names, so that what is written meanwhile moves nothing from one page to another.
        let rest = entries.values.filter { cursor == nil || $0.domain.description > cursor?.rawValue ?? "" }
            .sorted { $0.domain.description < $1.domain.description }
        let page = Array(rest.prefix(limit))
        let isLast = page.count == rest.count
        return StorePage(
            entries: page,
            next: isLast ? nil : page.last.map { StoreCursor(rawValue: $0.domain.description) }
        )
    }
}
