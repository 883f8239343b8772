// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSPolicy
internal import STSRecord
internal import TLSRPT

// The search for the policy in force: RFC 8461 sections 3.1, 3.3 and 5.1. The marks P1 to P16 are the rows of the
// table in Documentation/Flow.md.

extension PolicyResolver {
    /// Looks up the record of a domain and, if it announces something new, the policy.
    func discover(_ domain: DomainName) async -> Discovery {
        var storeFailure: String?
        let known = await knownPolicy(domain, &storeFailure)
        let fresh = known.flatMap { $0.isFresh(at: now) ? $0 : nil }
        if let fresh, fresh.fetchedAt > now { report(.fetchedInFuture(domain, fresh)) }
        var discovery = await discover(domain, fresh, &storeFailure)
        if case .noPolicy = discovery.state, let entry = cache.inspect(domain)?.policy, entry.isFresh(at: now) {
            // A look before a message is returned, or a refresh, has fetched it meanwhile (RFC 8461 section 5.1).
            negatives.remove(domain)
            discovery = .cached(entry, discovery.failure)
        }
        if fresh == nil, let known, case .noPolicy = discovery.state, !Task.isCancelled { noteLapse(known, domain) }
        discovery.storeFailure = storeFailure
        if case .policy(_, .cached(let entry)) = discovery.state, entry.fetchedAt > now { age(entry, domain) }
        return discovery
    }

    /// P15: a policy whose fetch lies in the future could not be fetched again. From now on it ages in memory, so that
    /// it ends at last, and `run()` tries to fetch it soon; the store keeps the time it has, for the day the clock is set
    /// right.
    private func age(_ entry: CachedPolicy, _ domain: DomainName) {
        let aged = CachedPolicy(
            policy: entry.policy,
            recordID: entry.recordID,
            fetchedAt: now,
            lastRequestedAt: now
        )
        let hit = cache.inspect(domain)
        // Another look-up may have fetched a policy meanwhile.
        if let hit, hit.policy.fetchedAt != entry.fetchedAt { return }
        keepInMemory(aged, domain, nextCheck: hit?.nextCheck ?? monotonicNow, isStored: hit?.isStored ?? true)
        _ = agedFetches.set(entry.fetchedAt, for: domain)
        // By its new age it would be due in a day.
        if refreshes.failing(domain) == nil { _ = refreshes.failed(domain, now: monotonicNow) }
    }

    /// A policy that protected mail is over, and there is none in its place.
    func noteLapse(_ entry: CachedPolicy, _ domain: DomainName) {
        guard entry.policy.mode != .none else { return }
        let isNews = lapses.update(domain, initial: nil) { told in
            defer { told = entry.fetchedAt }
            return told != entry.fetchedAt
        }.result
        if isNews { report(.lapsed(domain, entry)) }
    }

    /// The fresh policy in memory, or else in the store; it is then in memory too, with its record not looked up yet.
    func freshPolicy(_ domain: DomainName, _ storeFailure: inout String?) async -> CachedPolicy? {
        await knownPolicy(domain, &storeFailure).flatMap { $0.isFresh(at: now) ? $0 : nil }
    }

    /// The same, but an expired one if none is fresh.
    private func knownPolicy(_ domain: DomainName, _ storeFailure: inout String?) async -> CachedPolicy? {
        let memory = cache.lookUp(domain, now: now)?.policy
        if let memory, memory.isFresh(at: now) { return memory }
        if let memory {
            guard let stored = await storedPolicy(domain, after: memory, &storeFailure) else { return memory }
            keepInMemory(stored.requested(at: now), domain, nextCheck: monotonicNow)
            return stored
        }
        guard case .entry(let stored) = await read(domain, &storeFailure) else { return nil }
        guard stored.policy.isFresh(at: now) else { return stored.policy }
        let requested = stored.policy.requested(at: now)
        keepInMemory(requested, domain, nextCheck: monotonicNow)
        if now.seconds(since: stored.policy.lastRequestedAt) > Self.requestNoteSeconds {
            // Memory forgets what it drops: by the store's word alone the policy would be left to lapse for disuse.
            _ = await cache.write(requested, for: domain, replacing: .revision(stored.revision), now: now)
        }
        return stored.policy
    }

    private static let requestNoteSeconds: Int64 = 7 * 86_400

    /// The store's fresh policy of a domain whose policy in memory has expired.
    ///
    /// P15: if that one had aged in memory for a fetch that lies in the future, it does not begin anew from the store,
    /// which is told the time by which it has ended.
    func storedPolicy(
        _ domain: DomainName,
        after expired: CachedPolicy,
        _ storeFailure: inout String?
    ) async -> CachedPolicy? {
        guard case .entry(let stored) = await read(domain, &storeFailure), stored.policy.isFresh(at: now) else {
            return nil
        }
        guard stored.policy.fetchedAt > now, agedFetches.read(domain) == stored.policy.fetchedAt else {
            return stored.policy
        }
        let outcome = await cache.write(expired, for: domain, replacing: .revision(stored.revision), now: now)
        if case .failed(let error) = outcome { noteStoreFailure(error, domain, &storeFailure) }
        return nil
    }

    /// What a read of the store gave.
    enum StoreRead: Sendable {
        case entry(StoredPolicy)
        case absent
        case failed

        /// What a write after a fetch is to replace. Who joined a fetch that others had started may have read an entry
        /// that is newer than it, and must not overwrite that.
        func known(readAt: MonotonicTime, fetchStartedAt: MonotonicTime) -> PolicyCache.KnownEntry {
            guard readAt <= fetchStartedAt else { return .unknown }
            return switch self {
            case .entry(let stored): .revision(stored.revision)
            case .absent: .absent
            case .failed: .unknown
            }
        }
    }

    /// The entry in the store.
    func read(_ domain: DomainName, _ storeFailure: inout String?) async -> StoreRead {
        do {
            return try await cache.load(domain).map { .entry($0) } ?? .absent
        } catch {
            noteStoreFailure(error, domain, &storeFailure)
            return .failed
        }
    }

    private func discover(
        _ domain: DomainName,
        _ fresh: CachedPolicy?,
        _ storeFailure: inout String?
    ) async -> Discovery {
        let answer: RecordAnswer
        do {
            answer = try await record(of: domain)
        } catch {
            // A look-up that nobody waits for any longer says nothing about the domain.
            if Task.isCancelled { return fresh.map { .cached($0) } ?? Discovery(state: .noPolicy(.dnsFailure)) }
            // Nor does a limit of ours.
            if error.code == .overloaded { return overloaded(domain, fresh, "\(error)", nil) }
            return dnsFailed(domain, fresh, error)  // P2, P11
        }
        switch answer.selection {
        case .absent: return noRecord(domain, fresh, .absent, answer, storeFailure)
        case .several(let count): return noRecord(domain, fresh, .several(count: count), answer, storeFailure)
        case .malformed(let error): return noRecord(domain, fresh, .malformed(error), answer, storeFailure)
        case .record(let record):
            recordTroubles.remove(domain)
            let nextCheck = monotonicNow.advanced(by: Interval.recordCheck(answer.timeToLive))
            if let fresh, fresh.recordID == record.id, now >= fresh.fetchedAt {  // P8
                cache.setNextCheck(nextCheck, for: domain)
                return .cached(fresh)
            }
            return await newID(domain, record.id, fresh, nextCheck, &storeFailure)
        }
    }

    struct RecordAnswer: Sendable {
        let selection: STSRecord.Selection
        let timeToLive: Duration?
    }

    /// The record of a domain by DNS.
    func record(of domain: DomainName) async throws(DNSFailure) -> RecordAnswer {
        guard let name = domain.stsRecordName else { return RecordAnswer(selection: .absent, timeToLive: nil) }
        do {
            let answer = try await dns.txtRecords(at: name)
            return RecordAnswer(
                selection: STSRecord.select(from: answer.records.map(\.strings)),
                timeToLive: answer.timeToLive
            )
        } catch let failure as DNSFailure {
            throw failure
        } catch {
            throw DNSFailure(.serverFailure, detail: "\(error)")
        }
    }

    /// P2 and P11: DNS did not answer. That is never remembered as an answer.
    private func dnsFailed(_ domain: DomainName, _ fresh: CachedPolicy?, _ error: DNSFailure) -> Discovery {
        let failure = PolicyFailure.dns(error)
        guard let fresh else { return Discovery(state: .noPolicy(.dnsFailure), failure: failure) }
        cache.setNextCheck(monotonicNow.advanced(by: Interval.afterDNSFailure), for: domain)
        countFailure(failure, domain, of: fresh)
        if isNews(.silent, of: domain), fresh.policy.mode != .none { report(.discoveryFailed(domain, failure)) }
        return .cached(fresh, failure)
    }

    /// What is wrong with a record while a policy is cached.
    enum RecordTrouble: Sendable { case silent, gone }

    /// Whether this is the first that is seen of a trouble: an operator is told once, however often it is looked at.
    private func isNews(_ trouble: RecordTrouble, of domain: DomainName) -> Bool {
        recordTroubles.update(domain, initial: nil) { known in
            defer { known = trouble }
            return known != trouble
        }.result
    }

    /// P1 and P11: DNS says that there is no valid record.
    private func noRecord(
        _ domain: DomainName,
        _ fresh: CachedPolicy?,
        _ fault: PolicyFailure.RecordFault,
        _ answer: RecordAnswer,
        _ storeFailure: String?
    ) -> Discovery {
        if let fresh {
            let failure = PolicyFailure.record(fault)
            cache.setNextCheck(monotonicNow.advanced(by: Interval.recordCheck(answer.timeToLive)), for: domain)
            countFailure(failure, domain, of: fresh)
            if isNews(.gone, of: domain), fresh.policy.mode == .enforce {
                report(.downgradeSigns(domain, [.recordVanished]))
            }
            return .cached(fresh, failure)
        }
        cache.forget(domain) { !$0.isFresh(at: now) }
        // While the store cannot be read, a policy in it may be fresh: to be asked again as soon as it can.
        if storeFailure == nil {
            let until = monotonicNow.advanced(by: Interval.negative(answer.timeToLive))
            remember(NegativeAnswer(reason: .record(fault), failure: nil, until: until), domain)
        }
        return Discovery(state: .noPolicy(.record(fault)))
    }

    /// P3 to P6, P9, P10, P14 to P16: the record announces a policy that is not cached.
    private func newID(
        _ domain: DomainName,
        _ id: STSRecord.ID,
        _ cached: CachedPolicy?,
        _ nextCheck: MonotonicTime,
        _ storeFailure: inout String?
    ) async -> Discovery {
        var fresh = cached
        // Another process may have fetched it already, or one that is newer than ours.
        let readAt = monotonicNow
        let stored = await read(domain, &storeFailure)
        if case .entry(let entry) = stored, entry.policy.isFresh(at: now) {
            // Ours may be newer than the store's, if that failed: memory would not take the store's.
            let isOlder = fresh?.wasFetched(after: entry.policy, now: now) ?? false
            if entry.policy.recordID == id, now >= entry.policy.fetchedAt, !isOlder {
                keepInMemory(entry.policy.requested(at: now), domain, nextCheck: nextCheck)
                return .cached(entry.policy)
            }
            if fresh.map({ entry.policy.wasFetched(after: $0, now: now) }) ?? true {
                fresh = entry.policy
                keepInMemory(entry.policy.requested(at: now), domain, nextCheck: monotonicNow)
            }
        }
        if let until = backOff.blockedUntil(domain, id, now: monotonicNow) {  // P14
            let failure = PolicyFailure.fetch(FetchFailure(.backOff, recordID: id))
            return withoutNewPolicy(domain, fresh, failure, nextCheck: min(nextCheck, until))
        }
        let fetch = await fetch(domain, id)
        switch fetch.outcome {
        case .fetched(let policy):
            let entry = CachedPolicy(policy: policy, recordID: id, fetchedAt: fetch.began, lastRequestedAt: now)
            let known = stored.known(readAt: readAt, fetchStartedAt: fetch.startedAt)
            return await adopt(entry, domain, replacing: fresh, known, nextCheck, &storeFailure)
        case .failed(let failure):  // P4 to P6, P10
            backOff.recordFailure(domain, id, now: monotonicNow)
            let cause = PolicyFailure.fetch(failure)
            countFailure(cause, domain, of: nil)
            report(.discoveryFailed(domain, cause))
            let retry = monotonicNow.advanced(by: configuration.backOff)
            return withoutNewPolicy(domain, fresh, cause, nextCheck: min(nextCheck, retry))
        case .overloaded(let reason):
            return overloaded(domain, fresh, reason, nextCheck)
        }
    }

    private func overloaded(
        _ domain: DomainName,
        _ fresh: CachedPolicy?,
        _ reason: String,
        _ nextCheck: MonotonicTime?
    ) -> Discovery {
        if !Task.isCancelled { noteOverload(domain, reason) }
        let failure = PolicyFailure.overloaded(reason: reason)
        guard let fresh else { return Discovery(state: .noPolicy(.overloaded), failure: failure) }
        // Each message would otherwise wait its turn anew while we have too much to do.
        if !Task.isCancelled {
            let retry = monotonicNow.advanced(by: Interval.afterOverload)
            cache.setNextCheck(min(nextCheck ?? retry, retry), for: domain)
        }
        return .cached(fresh, failure)
    }

    /// The answer when there is no new policy: the fresh one goes on, else there is none.
    ///
    /// The latter is not remembered: only a look at the record shows a new id, which may be tried at once (RFC 8461
    /// section 3.3).
    private func withoutNewPolicy(
        _ domain: DomainName,
        _ fresh: CachedPolicy?,
        _ failure: PolicyFailure,
        nextCheck: MonotonicTime
    ) -> Discovery {
        guard let fresh else { return Discovery(state: .noPolicy(.fetchFailure), failure: failure) }
        cache.setNextCheck(nextCheck, for: domain)
        return .cached(fresh, failure)
    }

    func remember(_ answer: NegativeAnswer, _ domain: DomainName) {
        // By octets: a failure holds up to 4 KiB of an invalid policy.
        _ = negatives.set(answer, for: domain, weight: answer.weight)
    }

    /// Adds a failure to what TLSRPT counts (RFC 8461 section 6), but not while the policy in force is of mode none.
    func countFailure(_ failure: PolicyFailure, _ domain: DomainName, of cached: CachedPolicy?) {
        if let cached, cached.policy.mode == .none { return }
        let reason =
            switch failure {
            case .fetch(let failure): failure.reason
            case .record(.absent): "no-txt-record"
            case .record(.several): "several-txt-records"
            case .record(.malformed): "invalid-txt-record"
            case .dns(let failure): "dns-\(failure.code.rawValue)"
            case .overloaded(let reason): reason
            }
        var finding = DiscoveryFinding(finding: .failure(.sts, failure.resultType, reason: reason))
        // Who carries it may have come to grief by another text, or by none.
        if case .fetch(let fetch) = failure { finding.invalidText = fetch.invalidText }
        pendingFindings.add(finding, for: domain)
    }
}

extension PolicyResolver.Discovery {
    static func cached(_ entry: CachedPolicy, _ failure: PolicyFailure? = nil) -> Self {
        Self(state: .policy(entry.policy, .cached(entry)), failure: failure)
    }

    static func fetched(_ entry: CachedPolicy) -> Self {
        Self(state: .policy(entry.policy, .fetched(entry)))
    }
}
