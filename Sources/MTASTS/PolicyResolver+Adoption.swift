// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSPolicy

// What happens to cache and store when a policy was fetched.

extension PolicyResolver {
    /// P3, P9, P12 and P16: a fetched policy takes the place of the old one, whole, even if it is weaker or shorter
    /// (RFC 8461 section 5).
    ///
    /// - Parameters:
    ///   - entry: The policy and its fetch.
    ///   - domain: The policy domain.
    ///   - old: The fresh policy so far.
    ///   - known: The store's entry as it was before the fetch.
    ///   - nextCheck: When the record is to be looked up again.
    ///   - isRefresh: Whether no message asked for it.
    ///   - storeFailure: Is told of trouble with the store.
    func adopt(
        _ entry: CachedPolicy,
        _ domain: DomainName,
        replacing old: CachedPolicy?,
        _ known: PolicyCache.KnownEntry,
        _ nextCheck: MonotonicTime,
        isRefresh: Bool = false,
        _ storeFailure: inout String?
    ) async -> Discovery {
        if let id = entry.recordID { backOff.recordSuccess(domain, id) }
        refreshes.succeeded(domain)
        negatives.remove(domain)
        guard entry.policy.maxAge > 0 else {
            // P16: good for this message, and what was cached is over.
            noteFetched(entry, domain, replacing: old)
            await remove(domain, fetchedNoLaterThan: entry.fetchedAt, &storeFailure)
            return .fetched(entry)
        }
        let outcome = await cache.write(entry, for: domain, replacing: known, now: now)
        // A refresh of a policy that is in the store alone must not push others out of memory.
        let staysInMemory = !isRefresh || cache.store == nil || cache.inspect(domain) != nil
        // A newer one that has expired since is not to be applied (RFC 8461 section 5.1): this one serves once.
        if case .superseded(let newer) = outcome {
            guard newer.isFresh(at: now) else { return .fetched(entry) }
            if staysInMemory {
                keepInMemory(newer.requested(at: entry.lastRequestedAt), domain, nextCheck: nextCheck)
            }
            return .cached(newer)
        }
        noteFetched(entry, domain, replacing: old)
        if case .failed(let error) = outcome {
            noteStoreFailure(error, domain, &storeFailure)
            // The only place that it has, until `run()` can store it.
            keepInMemory(entry, domain, nextCheck: nextCheck, isStored: false)
        } else if staysInMemory {
            keepInMemory(entry, domain, nextCheck: nextCheck)
        }
        return .fetched(entry)
    }

    func keepInMemory(
        _ entry: CachedPolicy,
        _ domain: DomainName,
        nextCheck: MonotonicTime,
        isStored: Bool = true
    ) {
        for lost in cache.keep(entry, for: domain, nextCheck: nextCheck, now: now, isStored: isStored) {
            report(.policyLost(lost.domain, lost.policy))
        }
    }

    /// Stores the policies that the store refused when they were fetched: a disk was full, a folder was gone. A few that
    /// fail again, one after the other, end the round; it begins elsewhere each time, so that those which the store will
    /// never take hold no others up.
    func storeUnstored() async {
        var failures = 0
        for (domain, policy) in cache.unstored(limit: 512, now: now).shuffled() where !Task.isCancelled {
            switch await cache.write(policy, for: domain, replacing: .unknown, now: now) {
            case .written:
                failures = 0
                cache.noteStored(policy, for: domain)
            case .superseded(let newer):
                if newer.isFresh(at: now) {
                    keepInMemory(newer.requested(at: policy.lastRequestedAt), domain, nextCheck: monotonicNow)
                }
                cache.noteStored(policy, for: domain)
            case .failed(let error):
                var ignored: String?
                noteStoreFailure(error, domain, &ignored)
                failures += 1
                if failures >= 4 { return }
            }
        }
    }

    func remove(_ domain: DomainName, fetchedNoLaterThan moment: UnixTime, _ storeFailure: inout String?) async {
        do {
            try await cache.remove(domain, fetchedNoLaterThan: moment, now: now)
        } catch {
            noteStoreFailure(error, domain, &storeFailure)
        }
    }

    func noteStoreFailure(_ error: any Error, _ domain: DomainName, _ storeFailure: inout String?) {
        storeFailure = "\(error)"
        report(.storeFailed(domain, reason: "\(error)"))
    }

    private func noteFetched(_ new: CachedPolicy, _ domain: DomainName, replacing old: CachedPolicy?) {
        report(.fetched(domain, new, replacing: old))
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
