// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSPolicy

// What happens to cache and store when a policy was fetched.

extension PolicyResolver {
    /// P3, P9, P12 and P16: a fetched policy takes the place of the old one, whole, even if it is weaker or shorter
    /// (RFC 8461 section 5).
    func adopt(
        _ entry: CachedPolicy,
        _ domain: DomainName,
        replacing old: CachedPolicy?,
        _ nextCheck: MonotonicTime,
        isRefresh: Bool = false,
        _ storeFailure: inout String?
    ) async -> Discovery {
        // A refresh of a policy that is in the store alone must not push others out of memory.
        let staysInMemory = !isRefresh || cache.store == nil || cache.inspect(domain) != nil
        report(.fetched(domain, entry, replacing: old))
        noteChange(from: old, to: entry, domain)
        negatives.remove(domain)
        guard entry.policy.maxAge > 0 else {
            // P16: good for this message, and what was cached is over.
            await remove(domain, entry.fetchedAt, &storeFailure)
            return .fetched(entry)
        }
        switch await cache.write(entry, for: domain, now: now) {
        case .written:
            if staysInMemory { keepInMemory(entry, domain, nextCheck: nextCheck) }
            return .fetched(entry)
        case .superseded(let newer):
            if staysInMemory { keepInMemory(newer.requested(at: now), domain, nextCheck: nextCheck) }
            return .cached(newer)
        case .failed(let error):
            keepInMemory(entry, domain, nextCheck: nextCheck)
            noteStoreFailure(error, domain, &storeFailure)
            return .fetched(entry)
        }
    }

    func keepInMemory(_ entry: CachedPolicy, _ domain: DomainName, nextCheck: MonotonicTime) {
        if let lost = cache.keep(entry, for: domain, nextCheck: nextCheck, now: now) {
            report(.policyLost(lost.domain, lost.policy))
        }
    }

    func remove(_ domain: DomainName, _ fetchedAt: UnixTime, _ storeFailure: inout String?) async {
        do {
            try await cache.remove(domain, fetchedNoLaterThan: fetchedAt)
        } catch {
            noteStoreFailure(error, domain, &storeFailure)
        }
    }

    func noteStoreFailure(_ error: any Error, _ domain: DomainName, _ storeFailure: inout String?) {
        storeFailure = "\(error)"
        report(.storeFailed(domain, reason: "\(error)"))
    }

    private func noteChange(from old: CachedPolicy?, to new: CachedPolicy, _ domain: DomainName) {
        guard let old else { return }
        var signs = DowngradeSign.signs(from: old, to: new)
        if let previous = old.recordID, let next = new.recordID, previous != next,
            changes.isFlapping(domain, from: previous, to: next, now: monotonicNow)
        {
            signs.append(.idFlapping)
        }
        if !signs.isEmpty { report(.downgradeSigns(domain, signs)) }
    }
}
