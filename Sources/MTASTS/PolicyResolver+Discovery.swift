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
    func discover(_ domain: DomainName, _ purpose: Purpose) async -> Discovery {
        var storeFailure: String?
        let cached = await known(domain, &storeFailure)
        var discovery = await discover(domain, purpose, cached, &storeFailure)
        discovery.storeFailure = storeFailure
        return discovery
    }

    /// The policy in memory, or else in the store; it is then in memory too, with its record not looked up yet.
    func known(_ domain: DomainName, _ storeFailure: inout String?) async -> CachedPolicy? {
        if let hit = cache.lookUp(domain, now: now) { return hit.policy }
        guard let stored = await stored(domain, &storeFailure) else { return nil }
        if stored.isFresh(at: now) { keepInMemory(stored.requested(at: now), domain, nextCheck: monotonicNow) }
        return stored
    }

    /// The policy in the store.
    func stored(_ domain: DomainName, _ storeFailure: inout String?) async -> CachedPolicy? {
        do {
            return try await cache.load(domain)
        } catch {
            noteStoreFailure(error, domain, &storeFailure)
            return nil
        }
    }

    private func discover(
        _ domain: DomainName,
        _ purpose: Purpose,
        _ cached: CachedPolicy?,
        _ storeFailure: inout String?
    ) async -> Discovery {
        let fresh = cached.flatMap { $0.isFresh(at: now) ? $0 : nil }
        let answer: RecordAnswer
        do {
            answer = try await record(of: domain)
        } catch {
            // A look-up that nobody waits for any longer says nothing about the domain.
            if Task.isCancelled { return fresh.map { .cached($0) } ?? Discovery(state: .noPolicy(.dnsFailure)) }
            return dnsFailed(domain, fresh, error)  // P2, P11
        }
        switch answer.selection {
        case .absent:
            return await noRecord(domain, cached, fresh, .absent, answer, &storeFailure)
        case .several(let count):
            return await noRecord(domain, cached, fresh, .several(count: count), answer, &storeFailure)
        case .malformed(let error):
            return await noRecord(domain, cached, fresh, .malformed(error), answer, &storeFailure)
        case .record(let record):
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
        return .cached(fresh, failure)
    }

    /// P1 and P11: DNS says that there is no valid record.
    private func noRecord(
        _ domain: DomainName,
        _ cached: CachedPolicy?,
        _ fresh: CachedPolicy?,
        _ fault: PolicyFailure.RecordFault,
        _ answer: RecordAnswer,
        _ storeFailure: inout String?
    ) async -> Discovery {
        if let fresh {
            let failure = PolicyFailure.record(fault)
            cache.setNextCheck(monotonicNow.advanced(by: Interval.recordCheck(answer.timeToLive)), for: domain)
            countFailure(failure, domain, of: fresh)
            if fresh.policy.mode == .enforce { report(.downgradeSigns(domain, [.recordVanished])) }
            return .cached(fresh, failure)
        }
        if let cached { await remove(domain, cached.fetchedAt, &storeFailure) }
        let until = monotonicNow.advanced(by: Interval.negative(answer.timeToLive))
        remember(NegativeAnswer(reason: .record(fault), until: until), domain)
        return Discovery(state: .noPolicy(.record(fault)))
    }

    /// P3 to P6, P9, P10, P14 to P16: the record announces a policy that is not cached.
    private func newID(
        _ domain: DomainName,
        _ id: STSRecord.ID,
        _ fresh: CachedPolicy?,
        _ nextCheck: MonotonicTime,
        _ storeFailure: inout String?
    ) async -> Discovery {
        // Another process may have fetched it already.
        if let stored = await stored(domain, &storeFailure), stored.recordID == id, stored.isFresh(at: now),
            now >= stored.fetchedAt
        {
            keepInMemory(stored.requested(at: now), domain, nextCheck: nextCheck)
            return .cached(stored)
        }
        if let until = backOff.blockedUntil(domain, id, now: monotonicNow) {  // P14
            let failure = PolicyFailure.fetch(FetchFailure(.backOff, recordID: id))
            return withoutNewPolicy(domain, fresh, failure, nextCheck: min(nextCheck, until))
        }
        let began = now
        switch await fetch(domain, id) {
        case .fetched(let policy):
            backOff.recordSuccess(domain)
            let entry = CachedPolicy(policy: policy, recordID: id, fetchedAt: began, lastRequestedAt: now)
            return await adopt(entry, domain, replacing: fresh, nextCheck, &storeFailure)
        case .failed(let failure):  // P4 to P6, P10
            backOff.recordFailure(domain, id, now: monotonicNow)
            let cause = PolicyFailure.fetch(failure)
            countFailure(cause, domain, of: nil)
            report(.discoveryFailed(domain, cause))
            return withoutNewPolicy(domain, fresh, cause, nextCheck: nextCheck)
        case .overloaded(let reason):
            let failure = PolicyFailure.overloaded(reason: reason)
            guard let fresh else { return Discovery(state: .noPolicy(.overloaded), failure: failure) }
            return .cached(fresh, failure)
        }
    }

    enum FetchOutcome: Sendable {
        case fetched(STSPolicy)
        case failed(FetchFailure)
        case overloaded(String)
    }

    /// Fetches a policy within the caps.
    func fetch(_ domain: DomainName, _ id: STSRecord.ID?) async -> FetchOutcome {
        do {
            let outcome = try await limiter.run { () async -> FetchOutcome in
                do {
                    return .fetched(try await self.fetcher.fetch(domain, recordID: id))
                } catch let failure as FetchFailure {
                    if case .transport(.overloaded(let reason)) = failure.cause { return .overloaded(reason) }
                    // Some transports tell cancellation as a broken connection.
                    return Task.isCancelled ? .overloaded("cancelled") : .failed(failure)
                } catch {
                    return .overloaded("cancelled")
                }
            }
            return outcome ?? .overloaded("\(configuration.maximumConcurrentFetches) fetches are under way")
        } catch {
            return .overloaded("cancelled")
        }
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

    private func remember(_ answer: NegativeAnswer, _ domain: DomainName) {
        _ = negatives.set(answer, for: domain) { _ in 0 }
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
        pendingFindings.add(.failure(.sts, failure.resultType, reason: reason), for: domain)
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
