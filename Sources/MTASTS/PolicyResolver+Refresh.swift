// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
internal import STSPolicy

// Policies are fetched again long before they expire, whatever DNS says of their record: an attacker who blocks DNS or
// HTTPS must keep it up for the whole of max_age (RFC 8461 sections 3.3 and 10.2).

extension PolicyResolver {
    /// Refreshes policies as they become due, until its task is cancelled.
    ///
    /// Run it once per resolver, beside the mail. After cancellation it returns as soon as the writes under way are
    /// done; a refresh that was cut off is due again after a restart.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            // Apart from each other: a store of a million entries must not hold up what is due in memory.
            group.addTask {
                await self.repeating(everySeconds: 60) {
                    await self.storeUnstored()
                    return await self.refreshDue()
                }
            }
            if self.cache.store != nil {
                group.addTask {
                    // At the start the clock may not have been set yet, and what is dropped is gone for good.
                    var dropsExpired = false
                    await self.repeating(everySeconds: 3_600) {
                        await self.sweepStore(dropsExpired: dropsExpired)
                        dropsExpired = true
                        return true
                    }
                }
            }
        }
    }

    /// Repeats rounds with a pause between them; a round that returns false is followed by the next at once.
    private func repeating(everySeconds seconds: Int64, _ round: () async -> Bool) async {
        while !Task.isCancelled {
            guard await round() else { continue }
            let next = monotonicNow.advanced(by: .seconds(seconds))
            do { try await configuration.monotonicClock.sleep(until: next) } catch { return }
        }
    }

    /// Fetches the policy of one domain again now, whatever its age and its record: for operators.
    ///
    /// Nothing happens if no policy of the domain is known. A failure keeps a fresh policy, and is an event.
    public func refresh(_ domain: DomainName) async {
        var storeFailure: String?
        var entry = cache.inspect(domain)?.policy
        if entry == nil, case .entry(let stored) = await read(domain, &storeFailure) { entry = stored.policy }
        guard let entry else { return }
        await refresh(domain, entry)
    }

    private static let batch = 512
    private static let page = 256

    /// An expired policy stays in the store for as long as max_age can be: the clock may have been wrong.
    private static let graceSeconds = Int64(STSPolicy.maximumMaxAge)

    /// Refreshes the policies in memory that are due, those first that have used up most of their life, and drops the
    /// expired.
    ///
    /// - Returns: Whether it came to its end. After a minute it does not: what is left is sorted anew, so that policies
    ///   which have become due since do not wait behind hosts that stall.
    @discardableResult
    func refreshDue() async -> Bool {
        let (now, monotonicNow) = (now, monotonicNow)
        var due: [(domain: DomainName, entry: CachedPolicy)] = []
        var expired: [(domain: DomainName, entry: CachedPolicy)] = []
        cache.forEach { domain, entry in
            if !entry.isFresh(at: now) {
                expired.append((domain, entry))
            } else if refreshes.isDue(entry, domain, now: now, monotonicNow: monotonicNow), isFetched(domain) {
                due.append((domain, entry))
            }
        }
        for (domain, entry) in expired { await drop(domain, entry) }
        due.sort { $0.entry.lifeUsed(at: now) > $1.entry.lifeUsed(at: now) }
        return await refresh(due.prefix(Self.batch), until: monotonicNow.advanced(by: .seconds(60)))
    }

    /// Drops an expired policy from memory.
    private func drop(_ domain: DomainName, _ entry: CachedPolicy) async {
        var storeFailure: String?
        let stored = await storedPolicy(domain, after: entry, &storeFailure)
        cache.forget(domain) { $0.fetchedAt <= entry.fetchedAt }
        // Another process that shares the store may have refreshed it; one that nobody asked for was left to lapse.
        if stored == nil, refreshes.nextRefresh(entry, domain, now: now) != nil { noteLapse(entry, domain) }
    }

    /// Walks the store for policies that are due and not in memory.
    private func sweepStore(dropsExpired: Bool) async {
        guard let store = cache.store else { return }
        var cursor: StoreCursor?
        repeat {
            do {
                let page = try await store.entries(after: cursor, limit: Self.page)
                cursor = page.next
                let (now, monotonicNow) = (now, monotonicNow)
                let entries = page.entries.filter { cache.inspect($0.domain) == nil }
                    .map { (domain: $0.domain, entry: $0.policy) }
                if dropsExpired {
                    await drop(entries.filter { $0.entry.expiresAt.advanced(bySeconds: Self.graceSeconds) < now })
                }
                let due = entries.filter { item in
                    refreshes.isDue(item.entry, item.domain, now: now, monotonicNow: monotonicNow)
                        && isFetched(item.domain)
                }
                await refresh(due[...])
            } catch {
                report(.storeFailed(nil, reason: "\(error)"))
                return
            }
        } while cursor != nil && !Task.isCancelled
    }

    private func drop(_ expired: [(domain: DomainName, entry: CachedPolicy)]) async {
        var storeFailure: String?
        for (domain, entry) in expired {
            await remove(domain, fetchedNoLaterThan: entry.fetchedAt, &storeFailure)
        }
    }

    /// Whether the operator wants policies of the domain to be fetched.
    private func isFetched(_ domain: DomainName) -> Bool {
        switch policyOverride(for: domain) {
        case .ignore, .pin: false
        case .treatAsTesting, nil: true
        }
    }

    @discardableResult
    private func refresh(
        _ entries: ArraySlice<(domain: DomainName, entry: CachedPolicy)>,
        until end: MonotonicTime? = nil
    ) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for (domain, entry) in entries where !Task.isCancelled {
                if let end, monotonicNow >= end { return false }
                if running >= max(1, configuration.maximumConcurrentRefreshes) {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.refresh(domain, entry) }
                running += 1
            }
            return true
        }
    }

    /// Fetches one policy again: P12 and P13.
    func refresh(_ domain: DomainName, _ entry: CachedPolicy) async {
        if entry.fetchedAt > now, refreshes.failing(domain) == nil { report(.fetchedInFuture(domain, entry)) }
        // The record is read before the fetch, so that its id is never newer than the policy.
        let answer = try? await record(of: domain)
        var id = entry.recordID
        if let answer, case .record(let record) = answer.selection { id = record.id }
        if let id, backOff.blockedUntil(domain, id, now: monotonicNow) != nil {
            // Its fetch failed a moment ago, for a message (RFC 8461 section 3.3). A busy domain's messages must not keep
            // from the operator that its policy is not refreshed.
            return refreshFailed(domain, entry, .fetch(FetchFailure(.backOff, recordID: id)))
        }
        var storeFailure: String?
        let readAt = monotonicNow
        let stored = await read(domain, &storeFailure)
        let fetch = await fetch(domain, id, isRefresh: true)
        switch fetch.outcome {
        case .fetched(let policy):
            let next = CachedPolicy(
                policy: policy,
                recordID: id,
                fetchedAt: fetch.began,
                lastRequestedAt: entry.lastRequestedAt
            )
            let check = monotonicNow.advanced(by: Interval.recordCheck(answer?.timeToLive))
            let known = stored.known(readAt: readAt, fetchStartedAt: fetch.startedAt)
            _ = await adopt(next, domain, replacing: entry, known, check, isRefresh: true, &storeFailure)
        case .failed(let failure):
            if let id { backOff.recordFailure(domain, id, now: monotonicNow) }
            refreshFailed(domain, entry, .fetch(failure))
        case .overloaded(let reason):  // due again at the next round
            if !Task.isCancelled { noteOverload(domain, reason) }
        }
    }

    private func refreshFailed(_ domain: DomainName, _ entry: CachedPolicy, _ failure: PolicyFailure) {
        let failing = refreshes.failed(domain, now: monotonicNow)
        // A policy that protects nothing is nothing to be alerted about (RFC 8461 section 3.3).
        guard entry.policy.mode != .none, entry.isFresh(at: now) else { return }
        countFailure(failure, domain, of: entry)
        report(.refreshFailed(domain, failure, expiresAt: entry.expiresAt))
        let daysLeft = entry.daysLeft(at: now)
        let lapsesSoon = daysLeft < max(2, entry.policy.maxAge / 86_400 / 4)
        if lapsesSoon, daysLeft < failing.toldDaysLeft {
            refreshes.told(domain, daysLeft: daysLeft)
            report(.lapsing(domain, daysLeft: daysLeft))
        }
    }
}

extension CachedPolicy {
    /// The whole days until the policy expires, 0 on the last day and after it.
    func daysLeft(at now: UnixTime) -> Int {
        Int(clamping: max(0, expiresAt.seconds(since: now)) / 86_400)
    }

    /// The share of the policy's life that is over, from 0 to 1.
    func lifeUsed(at now: UnixTime) -> Double {
        policy.maxAge > 0 ? Double(max(0, now.seconds(since: fetchedAt))) / Double(policy.maxAge) : 1
    }
}
