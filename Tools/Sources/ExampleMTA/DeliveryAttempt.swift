// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// What came of an attempt to deliver a mail.
public struct DeliveryAttempt: Hashable, Sendable {
    /// What is to be done with the mail.
    public enum Result: Hashable, Sendable {
        /// It was taken by the last of the ``DeliveryAttempt/hosts``: it leaves the queue.
        case delivered
        /// It stays in the queue until the next attempt.
        case deferred
        /// It goes back to its sender, in a notice of non-delivery.
        case returned
    }

    /// An MX host that was tried, and what came of it.
    public struct Host: Hashable, Sendable {
        /// The MX host.
        public let name: DomainName

        /// How it ended.
        public let outcome: MXOutcome

        /// More for people.
        public let detail: String
    }

    /// What is to be done with the mail.
    public let result: Result

    /// The enhanced status code (RFC 3463), for the log and for the notice of non-delivery.
    public let status: String

    /// Why, for people.
    public let reason: String

    /// The MX hosts in the order in which they were tried; those of a second walk follow those of the first.
    public let hosts: [Host]

    /// A line for the log.
    public var logLine: String {
        let trail = hosts.map { "\($0.name): \($0.outcome), \($0.detail)" }
        return (["\(result) \(status) \(reason)"] + trail).joined(separator: "; ")
    }
}

extension DeliveryAttempt {
    /// What a walk along the MX hosts came to.
    ///
    /// - Parameter earlier: The hosts of a walk before it, under an older policy.
    init(_ conclusion: WalkConclusion, _ hosts: [Host], after earlier: [Host] = []) {
        let result: Result =
            switch conclusion {
            case .delivered: .delivered
            case .deferred, .recheckFirst: .deferred
            case .failed: .returned
            }
        let (detail, reason) = Self.tellingHost(of: hosts).map { Self.text($0.outcome) } ?? ("4.4", "no MX host")
        let severity =
            switch result {
            case .delivered: 2
            case .deferred: 4
            case .returned: 5
            }
        self.init(result: result, status: "\(severity).\(detail)", reason: reason, hosts: earlier + hosts)
    }

    /// Of several hosts the one whose outcome says most: one that took or refused the mail, which ends a walk; then one
    /// that a policy forbids; then the last.
    private static func tellingHost(of hosts: [Host]) -> Host? {
        hosts.last { $0.outcome == .delivered || $0.outcome == .permanentFailure }
            ?? hosts.last { if case .skipped(let reason) = $0.outcome { reason.isPolicyFailure } else { false } }
            ?? hosts.last
    }

    /// The status code without its class, and a sentence.
    private static func text(_ outcome: MXOutcome) -> (String, String) {
        switch outcome {
        case .delivered: ("0.0", "taken")
        case .skipped(.policyNameMismatch): ("7.0", "the MTA-STS policy names no MX host that could be used")
        case .skipped(.policyTLSFailure): ("7.5", "the MX host does not keep to the MTA-STS policy")
        case .skipped(.daneFailure): ("7.5", "the MX host does not keep to its TLSA records")
        case .skipped(.connectionFailed): ("4.1", "no MX host answered")
        case .transientFailure: ("0.0", "the MX host put the mail off")
        case .permanentFailure: ("0.0", "the MX host refused the mail")
        }
    }
}
