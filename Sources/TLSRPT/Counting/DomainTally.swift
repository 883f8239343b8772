// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The policy of a report's entry: sessions with an equal one share the entry.
struct EntryPolicy: Hashable {
    let policy: SessionPolicy
    let mxHosts: [String]
    /// The octets of text and patterns, for ``SessionLimits/policyOctets``.
    let octets: Int

    /// An entry; of patterns that no policy file could hold the first are kept.
    init(policy: SessionPolicy, mxHosts: [String]) {
        self.policy = policy
        var octets = 0
        var kept: [String] = []
        // They belong to MTA-STS (RFC 8460 section 4.4): with another policy the report could not be sent.
        for pattern in policy.type == .sts ? mxHosts : [] where !pattern.isEmpty {
            guard octets + pattern.utf8.count <= SessionPolicy.textLimit else { break }
            octets += pattern.utf8.count
            kept.append(pattern)
        }
        self.mxHosts = kept
        self.octets = policy.text.count + octets
    }
}

/// What tells the failures of one entry apart: all members of a detail but the number (RFC 8460 section 4.4).
struct FailureKind: Hashable {
    let resultType: TLSResultType
    var reason: String?
    var peer = SessionPeer()

    /// Where failures go when there are too many kinds: all of one result type together.
    static func merged(_ type: TLSResultType) -> FailureKind {
        FailureKind(resultType: type, reason: "more-failures-not-told-apart")
    }

    // A policy has few kinds: to hash all members costs more than it tells.
    func hash(into hasher: inout Hasher) {
        hasher.combine(reason)
        hasher.combine(peer.mxHost)
    }

    /// Where they go when there are too many result types as well.
    static let rest = merged(.validationFailure)
    /// How many result types are told apart beyond the kinds of failure; 11 are registered (section 6.6).
    static let maximumMergedTypes = 16
}

/// What was counted under one policy. Each failure is in exactly one kind, so that their sum is that of the failures.
struct PolicyTally: Hashable {
    let entry: EntryPolicy
    var successful = 0
    private(set) var failures: [FailureKind: Int] = [:]

    init(_ entry: EntryPolicy) { self.entry = entry }

    var totals: SessionTotals {
        SessionTotals(
            successful: successful,
            failed: failures.values.reduce(0) { SessionTotals.sum($0, $1) }
        )
    }

    mutating func addSuccesses(_ count: Int) { successful = SessionTotals.sum(successful, count) }

    mutating func addFailures(_ count: Int, of kind: FailureKind, limits: SessionLimits) {
        if let index = failures.index(forKey: kind) {
            failures.values[index] = SessionTotals.sum(failures.values[index], count)
            return
        }
        if failures.count < limits.details {
            failures[kind] = count
            return
        }
        let merged = FailureKind.merged(kind.resultType)
        let hasRoom = failures.count < limits.details + FailureKind.maximumMergedTypes
        let place = failures[merged] != nil || hasRoom ? merged : .rest
        failures[place] = SessionTotals.sum(failures[place] ?? 0, count)
    }

    mutating func add(_ other: PolicyTally, limits: SessionLimits) {
        addSuccesses(other.successful)
        if failures.isEmpty, other.failures.count <= limits.details {
            failures = other.failures
            return
        }
        // In order, so that the same tallies always give the same sum.
        let sorted = failures.count + other.failures.count > limits.details
        for (kind, count) in sorted ? other.sortedFailures : Array(other.failures) {
            addFailures(count, of: kind, limits: limits)
        }
    }

    var sortedFailures: [(key: FailureKind, value: Int)] {
        failures.map { (sortKey: $0.key.sortKey, element: $0) }
            .sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }
            .map(\.element)
    }
}

extension FailureKind {
    fileprivate var sortKey: [String] {
        [
            resultType.rawValue, peer.mxHost?.description ?? "", peer.receivingIP?.description ?? "",
            peer.sendingIP?.description ?? "", peer.helo ?? "", reason ?? "", peer.additionalInformation ?? "",
        ]
    }
}

/// What was counted for one domain on one day.
struct DomainTally {
    /// How many policy types are told apart beyond the policies; RFC 8460 section 4.4 knows three.
    static let maximumMergedTypes = 8

    private(set) var policies: [PolicyTally] = []

    /// The place of a policy, nil if it was not counted under yet.
    @inline(__always)
    func index(of policy: SessionPolicy) -> Int? {
        // In place: a copy of each would be counted by its reference counts.
        let span = policies.span
        for index in span.indices where span[index].entry.policy.isSame(as: policy) { return index }
        return nil
    }

    private func index(of entry: EntryPolicy) -> Int? { policies.firstIndex { $0.entry == entry } }

    /// Makes a place for a policy; if there is no room that of its type.
    ///
    /// - Parameters:
    ///   - entry: The policy.
    ///   - domain: The domain of the report.
    ///   - limits: The bounds.
    ///   - hasRoom: Whether the policy may have a place of its own.
    mutating func place(for entry: EntryPolicy, domain: DomainName, limits: SessionLimits, hasRoom: Bool = true) -> Int
    {
        if let index = index(of: entry) { return index }
        if hasRoom, policies.count < limits.policies { return append(entry) }
        let merged = EntryPolicy(policy: SessionPolicy(type: entry.policy.type, domain: domain), mxHosts: [])
        if let index = index(of: merged) { return index }
        if policies.count < limits.policies + Self.maximumMergedTypes { return append(merged) }
        // No report of ours has that many types; the first place that was made beyond the bound takes the rest.
        return limits.policies
    }

    private mutating func append(_ entry: EntryPolicy) -> Int {
        policies.append(PolicyTally(entry))
        return policies.count - 1
    }

    @inline(__always)
    mutating func addSuccess(at index: Int) { policies[index].addSuccesses(1) }

    mutating func addFailure(of kind: FailureKind, at index: Int, limits: SessionLimits) {
        policies[index].addFailures(1, of: kind, limits: limits)
    }

    mutating func add(_ policy: PolicyTally, at index: Int, limits: SessionLimits) {
        policies[index].add(policy, limits: limits)
    }

    mutating func add(_ policy: PolicyTally, domain: DomainName, limits: SessionLimits) {
        policies[place(for: policy.entry, domain: domain, limits: limits)].add(policy, limits: limits)
    }

    mutating func merge(_ other: DomainTally, domain: DomainName, limits: SessionLimits) {
        for policy in other.policies { add(policy, domain: domain, limits: limits) }
    }

    var totals: SessionTotals {
        var totals = SessionTotals()
        for policy in policies { totals.add(policy.totals) }
        return totals
    }

    var policyOctets: Int { policies.reduce(0) { $0 + $1.entry.octets } }

    /// The policies in the order of a report: by type, domain, text, patterns.
    var sortedPolicies: [PolicyTally] {
        policies.sorted { first, second in
            let (lhs, rhs) = (first.entry.policy, second.entry.policy)
            if lhs.type != rhs.type { return lhs.type.rank < rhs.type.rank }
            if lhs.domain != rhs.domain { return lhs.domain < rhs.domain }
            if lhs.text != rhs.text { return lhs.text.lexicographicallyPrecedes(rhs.text) }
            if lhs.isValid != rhs.isValid { return lhs.isValid }
            return first.entry.mxHosts.lexicographicallyPrecedes(second.entry.mxHosts)
        }
    }
}

// The order in which policies came does not count.
extension DomainTally: Hashable {
    static func == (lhs: DomainTally, rhs: DomainTally) -> Bool { lhs.sortedPolicies == rhs.sortedPolicies }

    func hash(into hasher: inout Hasher) {
        hasher.combine(policies.count)
        hasher.combine(totals)
    }
}

extension TLSPolicyType {
    fileprivate var rank: String {
        switch self {
        case .sts: "0"
        case .tlsa: "1"
        case .noPolicyFound: "2"
        default: "3\(rawValue)"
        }
    }
}

extension SessionPolicy {
    /// Whether two policies are equal; cheap if they share the text, or else if its length differs.
    @inline(__always)
    func isSame(as other: SessionPolicy) -> Bool {
        text.count == other.text.count && type == other.type && domain == other.domain && isValid == other.isValid
            && text == other.text
    }
}
