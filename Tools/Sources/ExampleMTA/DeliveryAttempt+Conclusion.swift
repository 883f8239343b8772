// SPDX-License-Identifier: Apache-2.0

import MTASTS

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
        let telling = Self.tellingHost(of: hosts)
        let (detail, reason) = telling.map { Self.text($0.outcome) } ?? ("4.4", "no MX host")
        let severity =
            switch result {
            case .delivered: 2
            case .deferred: 4
            case .returned: 5
            }
        self.init(
            result: result,
            status: result == .delivered ? "2.0.0" : "\(severity).\(detail)",
            reason: result == .delivered ? "taken" : reason,
            hosts: earlier + hosts
        )
    }

    /// Of several hosts the one whose outcome says most: a refusal, then a policy, then what was last.
    private static func tellingHost(of hosts: [Host]) -> Host? {
        hosts.last { $0.outcome == .permanentFailure }
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
