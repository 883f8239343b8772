// SPDX-License-Identifier: Apache-2.0

public import PolicyCache
public import STSCore
public import STSRecord

/// Why a policy is in force or not, without asking anybody: for operators.
public struct PolicyExplanation: Sendable, CustomStringConvertible {
    /// The policy domain.
    public let domain: DomainName

    /// The operator's word for the domain.
    public let override: PolicyOverride?

    /// The policy in memory or store, fresh or not.
    public let policy: CachedPolicy?

    /// Whether that policy may be applied now.
    public let isFresh: Bool

    /// The whole days until it expires.
    public let daysLeft: Int

    /// How long until its record is looked up again; nil if at the next message.
    public let nextRecordCheck: Duration?

    /// The wall time at which it is fetched again; nil if it is left to lapse since nobody asks for it.
    public let nextRefresh: UnixTime?

    /// How many refreshes in a row have failed.
    public let failedRefreshes: Int

    /// The ids whose fetch failed of late, with the time until each may be tried again.
    public let waitingIDs: [(id: STSRecord.ID, remaining: Duration)]

    /// Why there is no policy, if that is known at present.
    public let noPolicyReason: PolicyResolution.NoPolicyReason?

    /// What went wrong with the store on the way.
    public let storeFailure: String?

    /// The explanation as a few lines of text.
    public var description: String {
        var lines = ["policy domain: \(domain)"]
        switch override {
        case .ignore: lines.append("override: policies of this domain are ignored")
        case .treatAsTesting: lines.append("override: enforce is treated as testing")
        case .pin: lines.append("override: a policy is pinned, whatever the domain publishes")
        case nil: break
        }
        if let policy {
            let id = policy.recordID.map { "\($0)" } ?? "unknown"
            lines.append("cached policy: mode \(policy.policy.mode.rawValue), id \(id)")
            lines.append("fetched at: \(policy.fetchedAt) (Unix seconds), max_age \(policy.policy.maxAge) s")
            lines.append(isFresh ? "expires in: \(daysLeft) days" : "expired: not applied")
            lines.append("record is looked up: \(nextRecordCheck.map { "in \($0)" } ?? "at the next message")")
            lines.append("refresh is due: \(nextRefresh.map { "at \($0)" } ?? "never, nobody asks for it")")
            if failedRefreshes > 0 { lines.append("failed refreshes in a row: \(failedRefreshes)") }
        } else {
            lines.append("cached policy: none")
        }
        for waiting in waitingIDs { lines.append("no fetch for id \(waiting.id) for \(waiting.remaining)") }
        if let noPolicyReason { lines.append("no policy: \(noPolicyReason)") }
        if let storeFailure { lines.append("store: \(storeFailure)") }
        return lines.joined(separator: "\n")
    }
}

extension PolicyResolver {
    /// Tells why a domain's policy is in force or not, from when, and what happens next. It asks neither DNS nor HTTPS.
    public func explain(_ domain: DomainName) async -> PolicyExplanation {
        let (now, monotonicNow) = (now, monotonicNow)
        let hit = cache.inspect(domain)
        var policy = hit?.policy
        var storeFailure: String?
        if policy == nil {
            do { policy = try await cache.load(domain)?.policy } catch { storeFailure = "\(error)" }
        }
        let isFresh = policy?.isFresh(at: now) ?? false
        let negative = negatives.read(domain).flatMap { $0.until > monotonicNow ? $0 : nil }
        return PolicyExplanation(
            domain: domain,
            override: policyOverride(for: domain),
            policy: policy,
            isFresh: isFresh,
            daysLeft: policy?.daysLeft(at: now) ?? 0,
            nextRecordCheck: hit.flatMap {
                $0.nextCheck > monotonicNow ? $0.nextCheck.duration(since: monotonicNow) : nil
            },
            nextRefresh: policy.flatMap { refreshes.nextRefresh($0, domain, now: now) },
            failedRefreshes: refreshes.failing(domain)?.failures ?? 0,
            waitingIDs: backOff.waiting(domain, now: monotonicNow)
                .map { (id: $0.id, remaining: $0.until.duration(since: monotonicNow)) },
            noPolicyReason: isFresh ? nil : negative?.reason,
            storeFailure: storeFailure
        )
    }
}
