// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
internal import STSPolicy
public import TLSRPT

extension SessionCounter {
    /// A counter on the operating system's clock.
    public convenience init(limits: SessionLimits = SessionLimits()) {
        self.init(clock: SystemWallClock(), limits: limits)
    }

    /// Begins to count the attempts at the MX hosts of one next hop, and counts what the search for its policy came to
    /// (RFC 8461 section 6).
    ///
    /// ```swift
    /// let resolution = try await resolver.resolve(nextHop)
    /// var walk = counter.walk(resolution, options: options)
    /// for host in hosts {
    ///     // ... decide, connect, decide again ...
    ///     walk.count(decision, mx: host, receivingIP: address, helo: greeting)
    /// }
    /// ```
    ///
    /// Begin one walk for each resolution, whether or not a connection follows: a failed search is told by exactly one
    /// resolution.
    ///
    /// - Parameters:
    ///   - resolution: The policy for the next hop.
    ///   - options: The choices that the decisions are made with. With ``DecisionOptions/tlsRequiredNo``, so with a TLS
    ///     report itself, nothing is counted (RFC 8460 section 3).
    ///   - tellsBaseDomains: Whether what a DANE policy counts goes, beside the report of the next hop's domain, into
    ///     one of the TLSA base domain too, which RFC 8460 section 1.1 leaves open.
    ///   - moment: The moment of the search; the present one if nil.
    public func walk(
        _ resolution: PolicyResolution,
        options: DecisionOptions = DecisionOptions(),
        tellsBaseDomains: Bool = false,
        at moment: UnixTime? = nil
    ) -> Walk {
        var walk = Walk(counter: self, resolution: resolution, isCounted: !options.tlsRequiredNo)
        walk.tellsBaseDomains = tellsBaseDomains
        if !resolution.discoveryFindings.isEmpty { walk.countDiscovery(of: resolution, at: moment) }
        return walk
    }

    /// The attempts at the MX hosts of one next hop, as they are counted.
    ///
    /// Each attempt is counted once. Of the two calls of `decision(forMX:…)` for a host the first has nothing to count
    /// unless the host is skipped; both may be given to ``count(_:mx:receivingIP:helo:sendingIP:tlsa:additionalInformation:at:)``.
    /// After ``DeliveryDecision/Action/reconnectWithoutTLS`` the connection without TLS is part of the attempt: what is
    /// given for that host, before another host's turn, is not counted.
    public struct Walk: Sendable {
        private let counter: SessionCounter
        private let policyDomain: DomainName?
        private let policy: STSPolicy?
        private let stsPolicy: SessionPolicy?
        private var hostWithoutTLS: DomainName?
        fileprivate var tellsBaseDomains = false

        fileprivate init(counter: SessionCounter, resolution: PolicyResolution, isCounted: Bool) {
            self.counter = counter
            let domain = isCounted ? resolution.nextHop.policyDomain : nil
            policyDomain = domain
            policy = resolution.policy
            stsPolicy = domain.map { SessionPolicy(type: .sts, domain: $0, text: resolution.policy?.text ?? []) }
        }

        fileprivate func countDiscovery(of resolution: PolicyResolution, at moment: UnixTime?) {
            guard let policyDomain, let stsPolicy else { return }
            var entry = stsPolicy
            if policy == nil, case .fetch(let failure)? = resolution.failure, !failure.invalidText.isEmpty {
                entry = SessionPolicy(type: .sts, domain: policyDomain, text: failure.invalidText, isValid: false)
            }
            for finding in resolution.discoveryFindings {
                counter.count(finding.result, under: entry, mxHosts: mxHosts, for: policyDomain, at: moment)
            }
        }

        private var mxHosts: [String] { policy?.mx.map(\.description) ?? [] }

        /// Counts an attempt at an MX host: one success or one failure in the entry of each kind of policy that applies.
        ///
        /// - Parameters:
        ///   - decision: What followed from the attempt.
        ///   - host: The name of the MX host.
        ///   - receivingIP: The address that was connected to.
        ///   - helo: The name in the host's greeting or EHLO reply.
        ///   - sendingIP: The sender's own address.
        ///   - tlsa: The DANE policy; if nil, one of the MX host's name without records.
        ///   - additionalInformation: A URI with more about a failure.
        ///   - moment: The moment of the session; the present one if nil.
        public mutating func count(
            _ decision: DeliveryDecision,
            mx host: DomainName,
            receivingIP: IPAddress? = nil,
            helo: String? = nil,
            sendingIP: IPAddress? = nil,
            tlsa: SessionPolicy? = nil,
            additionalInformation: String? = nil,
            at moment: UnixTime? = nil
        ) {
            if let hostWithoutTLS {
                if hostWithoutTLS == host { return }
                self.hostWithoutTLS = nil
            }
            if decision.action == .reconnectWithoutTLS { hostWithoutTLS = host }
            guard let policyDomain, let stsPolicy, !decision.findings.isEmpty else { return }
            let peer = SessionPeer(
                mxHost: host,
                helo: helo,
                receivingIP: receivingIP,
                sendingIP: sendingIP,
                additionalInformation: additionalInformation
            )
            for finding in decision.findings {
                let (result, type) = (finding.result, finding.policyType)
                switch type {
                case .sts:
                    counter.count(
                        result,
                        under: stsPolicy,
                        mxHosts: mxHosts,
                        for: policyDomain,
                        peer: peer,
                        at: moment
                    )
                case .tlsa:
                    // Another's entry in this domain's report: that of the TLSA base domain (RFC 8460 section 4.4).
                    let entry = tlsa ?? SessionPolicy(type: type, domain: host)
                    counter.count(result, under: entry, for: policyDomain, peer: peer, at: moment)
                    if tellsBaseDomains, entry.domain != policyDomain {
                        counter.count(result, under: entry, for: entry.domain, peer: peer, at: moment)
                    }
                default:
                    let entry = SessionPolicy(type: type, domain: policyDomain)
                    counter.count(result, under: entry, for: policyDomain, peer: peer, at: moment)
                }
            }
        }
    }
}
