// SPDX-License-Identifier: Apache-2.0

public import PolicyCache
public import STSCore
public import STSPolicy
public import TLSRPT

/// What is known of the policy for one next hop, at one moment. Look it up anew for every attempt.
public struct PolicyResolution: Sendable {
    /// The policy in force, or why there is none.
    public enum State: Hashable, Sendable {
        /// This policy is in force.
        case policy(STSPolicy, Source)
        /// There is none: deliver as without MTA-STS.
        case noPolicy(NoPolicyReason)
        /// It is being looked up; until then deliver as without MTA-STS (RFC 8461 section 3.3, asynchronous fetch).
        case pending
    }

    /// Where a policy comes from.
    public enum Source: Hashable, Sendable {
        /// From memory or store, with its fetch.
        case cached(CachedPolicy)
        /// Fetched for this resolution.
        case fetched(CachedPolicy)
        /// Set by the operator.
        case pinned
    }

    /// Why there is no policy.
    public enum NoPolicyReason: Hashable, Sendable {
        /// DNS says that the domain has no valid record.
        case record(PolicyFailure.RecordFault)
        /// DNS did not answer; see ``PolicyResolution/failure``.
        case dnsFailure
        /// The policy file could not be had; see ``PolicyResolution/failure``.
        case fetchFailure
        /// A limit of ours was reached; see ``PolicyResolution/failure``.
        case overloaded
        /// `_mta-sts.` and the domain are too long for a name.
        case nameTooLong
        /// The next hop has no policy domain: an address literal, a local destination, a single label.
        case noPolicyDomain
        /// The operator ignores policies of this domain.
        case ignored
    }

    /// The next hop asked for.
    public let nextHop: NextHop

    /// The policy in force, or why there is none.
    public var state: State {
        switch known {
        case .remembered(let entry): .policy(entry.policy, .cached(entry.cachedPolicy))
        case .cached(let entry): .policy(entry.policy, .cached(entry))
        case .fetched(let entry): .policy(entry.policy, .fetched(entry))
        case .pinned(let policy): .policy(policy, .pinned)
        case .noPolicy(let reason): .noPolicy(reason)
        case .pending: .pending
        }
    }

    /// What went wrong on the way; a policy in force stays in force.
    public var failure: PolicyFailure? { aside?.failure }

    /// What went wrong with the store on the way, for people.
    public var storeFailure: String? { aside?.storeFailure }

    /// What TLSRPT counts of the search for the policy, policy type sts (RFC 8461 section 6). Of all resolutions of a
    /// domain exactly one carries a finding.
    public var discoveryFindings: [TLSFinding] { discovery.map(\.finding) }

    /// The same, with the texts that they are about.
    var discovery: [DiscoveryFinding] { aside?.discovery ?? [] }

    /// Whether the operator wants an enforcing policy treated as a testing one.
    public let isTreatedAsTesting: Bool

    /// The state with one reference at most, since every copy of a resolution costs as many counts as it has of them.
    private enum Known: Sendable {
        /// As memory had it.
        case remembered(CompactPolicy)
        indirect case cached(CachedPolicy)
        indirect case fetched(CachedPolicy)
        indirect case pinned(STSPolicy)
        case noPolicy(NoPolicyReason)
        case pending
    }

    /// What few resolutions have, in one word.
    private indirect enum Aside: Hashable, Sendable {
        case noted(failure: PolicyFailure?, storeFailure: String?, discovery: [DiscoveryFinding])

        var failure: PolicyFailure? {
            switch self {
            case .noted(let failure, _, _): failure
            }
        }
        var storeFailure: String? {
            switch self {
            case .noted(_, let failure, _): failure
            }
        }
        var discovery: [DiscoveryFinding] {
            switch self {
            case .noted(_, _, let findings): findings
            }
        }
    }

    private let known: Known
    private let aside: Aside?

    init(
        nextHop: NextHop,
        state: State,
        failure: PolicyFailure? = nil,
        storeFailure: String? = nil,
        discovery: [DiscoveryFinding] = [],
        isTreatedAsTesting: Bool = false
    ) {
        self.nextHop = nextHop
        known =
            switch state {
            case .policy(_, .cached(let entry)): .cached(entry)
            case .policy(_, .fetched(let entry)): .fetched(entry)
            case .policy(let policy, .pinned): .pinned(policy)
            case .noPolicy(let reason): .noPolicy(reason)
            case .pending: .pending
            }
        let isPlain = failure == nil && storeFailure == nil && discovery.isEmpty
        aside = isPlain ? nil : .noted(failure: failure, storeFailure: storeFailure, discovery: discovery)
        self.isTreatedAsTesting = isTreatedAsTesting
    }

    /// A policy in force that memory had.
    init(nextHop: NextHop, remembered entry: CompactPolicy, discovery: [DiscoveryFinding], isTreatedAsTesting: Bool) {
        self.nextHop = nextHop
        known = .remembered(entry)
        aside = discovery.isEmpty ? nil : .noted(failure: nil, storeFailure: nil, discovery: discovery)
        self.isTreatedAsTesting = isTreatedAsTesting
    }

    /// The policy in force, whatever its mode.
    public var policy: STSPolicy? {
        switch known {
        case .remembered(let entry): entry.policy
        case .cached(let entry), .fetched(let entry): entry.policy
        case .pinned(let policy): policy
        case .noPolicy, .pending: nil
        }
    }

    /// The cached entry behind the policy in force; nil for a pinned policy and for none.
    public var cachedPolicy: CachedPolicy? {
        switch known {
        case .remembered(let entry): entry.cachedPolicy
        case .cached(let entry), .fetched(let entry): entry
        case .pinned, .noPolicy, .pending: nil
        }
    }

    /// The mode that decisions use; nil without a policy.
    public var effectiveMode: STSPolicy.Mode? {
        guard let mode = policy?.mode else { return nil }
        return isTreatedAsTesting && mode == .enforce ? .testing : mode
    }

    /// What to do with an MX host.
    ///
    /// Call it before connecting, with `tls` `.notAttempted`, and again after the handshake. The MX hosts are taken in
    /// MX order, unfiltered: the policy does not shorten the list, a host that fails is skipped (RFC 8461 section 8.4).
    /// DANE is decided host by host, never once for a domain.
    ///
    /// - Parameters:
    ///   - host: The exchange name of the MX record, or the policy domain if it has no MX record.
    ///   - tls: What was seen of TLS.
    ///   - dane: What DANE says about this host.
    ///   - options: The sender's choices.
    public func decision(
        forMX host: DomainName,
        tls: TLSObservation,
        dane: DANEState = .notApplicable,
        options: DecisionOptions = DecisionOptions()
    ) -> DeliveryDecision {
        DecisionTable.decision(
            policy: policyInForce,
            nameMatches: policy?.matches(host) ?? false,
            tls: tls,
            dane: dane,
            options: options
        )
    }

    private var policyInForce: DecisionTable.PolicyInForce {
        switch known {
        case .remembered, .cached, .fetched, .pinned: effectiveMode.map { .policy($0) } ?? .noPolicy
        case .noPolicy: .noPolicy
        case .pending: .pending
        }
    }
}

extension PolicyResolution: Hashable {
    /// Whether two resolutions say the same of one next hop. When a message last asked for the policy does not count.
    public static func == (lhs: PolicyResolution, rhs: PolicyResolution) -> Bool {
        lhs.nextHop == rhs.nextHop && lhs.isTreatedAsTesting == rhs.isTreatedAsTesting
            && lhs.stateWhoeverAsked == rhs.stateWhoeverAsked && lhs.aside == rhs.aside
    }

    /// Feeds what equality compares to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(nextHop)
        hasher.combine(isTreatedAsTesting)
        hasher.combine(stateWhoeverAsked)
        hasher.combine(aside)
    }

    /// The state as if nobody had asked since the fetch: every look-up changes that time.
    private var stateWhoeverAsked: State {
        switch state {
        case .policy(let policy, .cached(let entry)): .policy(policy, .cached(entry.requested(at: entry.fetchedAt)))
        case .policy(let policy, .fetched(let entry)): .policy(policy, .fetched(entry.requested(at: entry.fetchedAt)))
        case .policy(_, .pinned), .noPolicy, .pending: state
        }
    }
}
