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
    /// var walk = counter.walk(resolution)
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
    ///   - carriesTLSReport: Whether the message is a TLS report: its sessions are not counted (RFC 8460 section 3).
    ///     Those of other mail are, `DecisionOptions.tlsRequiredNo` or not. What the search for the policy came to is
    ///     counted in any case, since no other resolution tells it.
    ///   - tellsBaseDomains: Whether what a DANE policy counts goes, beside the report of the next hop's domain, into
    ///     one of the TLSA base domain too, which RFC 8460 section 1.1 leaves open.
    ///   - moment: The moment of the search; the present one if nil.
    public func walk(
        _ resolution: PolicyResolution,
        carriesTLSReport: Bool = false,
        tellsBaseDomains: Bool = false,
        at moment: UnixTime? = nil
    ) -> Walk {
        var walk = Walk(counter: self, resolution: resolution)
        walk.carriesTLSReport = carriesTLSReport
        walk.tellsBaseDomains = tellsBaseDomains
        if !resolution.discovery.isEmpty { walk.countDiscovery(of: resolution, at: moment) }
        return walk
    }

    /// The attempts at the MX hosts of one next hop, as they are counted.
    ///
    /// Each attempt is counted once. Of the two calls of `decision(forMX:…)` for a host the first has nothing to count
    /// unless the host is skipped; both may be given to ``count(_:mx:receivingIP:helo:sendingIP:tlsa:additionalInformation:at:)``.
    /// After `DeliveryDecision.Action.reconnectWithoutTLS` the connection without TLS is part of the attempt: what is
    /// given for that host and address, before another's turn, is not counted.
    public struct Walk: Sendable {
        private let counter: SessionCounter
        private let policyDomain: DomainName?
        private let policy: STSPolicy?
        private let stsPolicy: SessionPolicy?
        /// The attempt that goes on without TLS.
        private var attemptWithoutTLS: (host: DomainName, address: IPAddress?)?
        fileprivate var carriesTLSReport = false
        fileprivate var tellsBaseDomains = false

        fileprivate init(counter: SessionCounter, resolution: PolicyResolution) {
            self.counter = counter
            let domain = resolution.nextHop.policyDomain
            policyDomain = domain
            policy = resolution.policy
            stsPolicy = domain.map { SessionPolicy(type: .sts, domain: $0, text: resolution.policy?.text ?? []) }
        }

        fileprivate func countDiscovery(of resolution: PolicyResolution, at moment: UnixTime?) {
            guard let policyDomain, let stsPolicy else { return }
            for told in resolution.discovery {
                var entry = stsPolicy
                if policy == nil, !told.invalidText.isEmpty {
                    entry = SessionPolicy(type: .sts, domain: policyDomain, text: told.invalidText, isValid: false)
                }
                counter.count(told.finding.result, under: entry, mxHosts: mxHosts, for: policyDomain, at: moment)
            }
        }

        private var mxHosts: [String] { policy?.mx.map(\.description) ?? [] }

        /// Counts an attempt at an MX host: one success or one failure in the entry of each kind of policy that applies.
        ///
        /// - Parameters:
        ///   - decision: What followed from the attempt.
        ///   - host: The name of the MX host.
        ///   - receivingIP: The address that was connected to; without it two addresses of a host are one.
        ///   - helo: The name in the host's greeting or EHLO reply.
        ///   - sendingIP: The sender's own address.
        ///   - tlsa: The DANE policy; if nil, one of the MX host's name without records.
        ///   - additionalInformation: A URI with more about a failure; what is none is left out.
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
            if let last = attemptWithoutTLS {
                let isSameAddress = receivingIP == nil || last.address == nil || receivingIP == last.address
                if last.host == host, isSameAddress { return }
                attemptWithoutTLS = nil
            }
            if decision.action == .reconnectWithoutTLS { attemptWithoutTLS = (host, receivingIP) }
            guard !carriesTLSReport, let policyDomain, let stsPolicy, !decision.findings.isEmpty else { return }
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
