// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSPolicy
internal import TLSRPT

extension PolicyResolver {
    /// The policy in force, found if need be.
    ///
    /// DNS, HTTPS and store trouble are values in the resolution. A fresh cached policy stays in force whatever fails
    /// (RFC 8461 sections 3.3 and 5.1).
    ///
    /// - Parameters:
    ///   - nextHop: Where the message goes next.
    ///   - afterPolicyFailure: Whether the last attempt was deferred because of the policy: the record is then looked
    ///     up even if that was done a moment ago, since its owner may have mended it (RFC 8461 section 5).
    /// - Throws: `CancellationError` if the task is cancelled while it waits; nothing else.
    public func resolve(_ nextHop: NextHop, afterPolicyFailure: Bool = false) async throws -> PolicyResolution {
        // In this order: `peek` takes the findings that wait, and what is not returned would lose them.
        if !afterPolicyFailure || !isLookedUp(nextHop), let known = peek(nextHop) { return known }
        guard let domain = nextHop.policyDomain else { return unavailable(nextHop, .noPolicyDomain) }
        var storeFailure: String?
        if configuration.fetchMode == .asynchronous, await !isFreshPolicyKnown(domain, &storeFailure) {
            guard flights.startUnattended(domain, { await self.discoverUnattended(domain) }) else {
                return await overloaded(nextHop, domain)
            }
            return resolution(nextHop, domain, Discovery(state: .pending, storeFailure: storeFailure))
        }
        let table = afterPolicyFailure ? rechecks : flights
        guard let discovery = try await table.value(for: domain, { await self.discover(domain) }) else {
            return await overloaded(nextHop, domain)
        }
        return resolution(nextHop, domain, discovery)
    }

    /// The policy in force if it is known without asking anybody; nil if ``resolve(_:afterPolicyFailure:)`` has to
    /// ask. It never waits.
    public func peek(_ nextHop: NextHop) -> PolicyResolution? {
        var override: PolicyOverride?
        // Asked on every message, and most operators have none.
        if overridesPolicies, let domain = nextHop.policyDomain {
            override = policyOverride(for: domain)
            switch override {
            case .ignore: return unavailable(nextHop, .ignored)
            case .pin(let policy): return PolicyResolution(nextHop: nextHop, state: .policy(policy, .pinned))
            case .treatAsTesting, nil: break
            }
        }
        let (now, monotonicNow) = (now, monotonicNow)
        // What is in memory is a policy domain with a record's name; for all others that is asked below.
        if let name = nextHop.name {
            switch cache.warmLookUp(name, now: now, monotonicNow: monotonicNow) {
            case .inForce(let entry):
                return PolicyResolution(
                    nextHop: nextHop,
                    remembered: entry,
                    discovery: pendingFindings.take(for: name),
                    isTreatedAsTesting: override == .treatAsTesting
                )
            case .toBeChecked: return nil
            case .unknown: break
            }
        }
        guard let domain = nextHop.policyDomain else { return unavailable(nextHop, .noPolicyDomain) }
        guard domain.hasSTSRecordName else { return unavailable(nextHop, .nameTooLong) }
        guard let negative = negatives.withValue(of: domain, { $0 }), monotonicNow < negative.until else { return nil }
        return resolution(
            nextHop,
            domain,
            Discovery(state: .noPolicy(negative.reason), failure: negative.failure)
        )
    }

    /// Looks for a newer policy before a message is returned to its sender because of the one in force.
    ///
    /// RFC 8461 section 5.1: no permanent failure before DNS was asked for a new id, even while the cached policy is
    /// fresh and its record was looked up a moment ago.
    ///
    /// - Parameter resolution: What the last attempt went by.
    /// - Throws: `CancellationError` if the task is cancelled while it waits; nothing else.
    public func recheckBeforeFailing(_ resolution: PolicyResolution) async throws -> RecheckOutcome {
        let nextHop = resolution.nextHop
        guard let domain = nextHop.policyDomain, isLookedUp(nextHop) else {
            // The operator's word, or no policy domain: nobody is to be asked.
            return peek(nextHop).map { outcome($0, after: resolution) } ?? .unchanged
        }
        guard let discovery = try await rechecks.value(for: domain, { await self.discover(domain) }) else {
            return .notChecked
        }
        switch discovery.failure {
        case .overloaded: return .notChecked
        case .dns(let failure) where failure.code == .overloaded: return .notChecked
        default: break
        }
        // Its findings stay for a resolution that is used.
        return outcome(self.resolution(nextHop, domain, discovery, carriesFindings: false), after: resolution)
    }

    private func outcome(_ present: PolicyResolution, after last: PolicyResolution) -> RecheckOutcome {
        let isSame =
            present.policy == last.policy && present.effectiveMode == last.effectiveMode
            && present.cachedPolicy?.recordID == last.cachedPolicy?.recordID
        return isSame ? .unchanged : .changed(present)
    }

    /// Whether DNS has a say about the next hop's policy.
    private func isLookedUp(_ nextHop: NextHop) -> Bool {
        guard let domain = nextHop.policyDomain, domain.hasSTSRecordName else { return false }
        return switch policyOverride(for: domain) {
        case .ignore, .pin: false
        case .treatAsTesting, nil: true
        }
    }

    /// Whether memory or store has a fresh policy, which must be applied even in asynchronous mode.
    private func isFreshPolicyKnown(_ domain: DomainName, _ storeFailure: inout String?) async -> Bool {
        // An unattended flight was started since the store had none; its own reads are the next.
        if flights.isUnattended(domain) { return cache.inspect(domain)?.entry.isFresh(at: now) ?? false }
        return await freshPolicy(domain, &storeFailure) != nil
    }

    /// A look-up that nobody waits for: what follows is told its failure for a while, instead of looking again.
    private func discoverUnattended(_ domain: DomainName) async -> Discovery {
        let discovery = await discover(domain)
        // While the store cannot be read, a policy in it may be fresh.
        if case .noPolicy(let reason) = discovery.state, discovery.failure != nil, discovery.storeFailure == nil {
            let until = monotonicNow.advanced(by: Interval.asynchronousFailure)
            remember(NegativeAnswer(reason: reason, failure: discovery.failure, until: until), domain)
        }
        return discovery
    }

    private func unavailable(_ nextHop: NextHop, _ reason: PolicyResolution.NoPolicyReason) -> PolicyResolution {
        PolicyResolution(nextHop: nextHop, state: .noPolicy(reason))
    }

    /// The answer beyond the cap of look-ups: a fresh policy is in force all the same.
    private func overloaded(_ nextHop: NextHop, _ domain: DomainName) async -> PolicyResolution {
        let reason = "\(configuration.maximumConcurrentLookups) domains are being looked up"
        noteOverload(domain, reason)
        var storeFailure: String?
        let fresh = await freshPolicy(domain, &storeFailure)
        let failure = PolicyFailure.overloaded(reason: reason)
        var discovery = fresh.map { .cached($0, failure) } ?? Discovery(state: .noPolicy(.overloaded), failure: failure)
        discovery.storeFailure = storeFailure
        return resolution(nextHop, domain, discovery)
    }

    private func resolution(
        _ nextHop: NextHop,
        _ domain: DomainName,
        _ discovery: Discovery,
        carriesFindings: Bool = true
    ) -> PolicyResolution {
        PolicyResolution(
            nextHop: nextHop,
            state: discovery.state,
            failure: discovery.failure,
            storeFailure: discovery.storeFailure,
            discovery: carriesFindings ? pendingFindings.take(for: domain) : [],
            isTreatedAsTesting: policyOverride(for: domain) == .treatAsTesting
        )
    }
}

/// What ``PolicyResolver/recheckBeforeFailing(_:)`` found.
public enum RecheckOutcome: Hashable, Sendable {
    /// Nothing new: the message may be returned once its lifetime is over. This is so, too, if DNS did not answer or
    /// the new policy could not be had.
    case unchanged
    /// This is in force now, another policy or none: try once more by it, at once.
    case changed(PolicyResolution)
    /// A limit of ours was reached and nobody was asked: keep the message, and look again.
    case notChecked
}
