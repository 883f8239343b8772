// SPDX-License-Identifier: Apache-2.0

public import STSPolicy
internal import TLSRPT

/// The decision for one MX host as one pure function of what is known.
///
/// RFC 8461 sections 2, 4 and 5 for MTA-STS, RFC 7671 and RFC 7672 for DANE, RFC 8460 for what is counted.
public enum DecisionTable {
    /// The policy in force, as far as a decision depends on it.
    public enum PolicyInForce: Hashable, Sendable {
        /// There is no policy.
        case noPolicy
        /// It is not known yet whether there is one (asynchronous mode): as no policy, and not counted.
        case pending
        /// A policy of this mode.
        case policy(STSPolicy.Mode)
    }

    /// What to do with an MX host.
    ///
    /// - Parameters:
    ///   - policy: The policy in force.
    ///   - nameMatches: Whether a pattern of the policy matches the MX host's name; without meaning if there is no
    ///     policy or its mode is none.
    ///   - tls: What was seen of TLS on the connection.
    ///   - dane: What DANE says about this MX host.
    ///   - options: The sender's choices.
    public static func decision(
        policy: PolicyInForce,
        nameMatches: Bool,
        tls: TLSObservation,
        dane: DANEState,
        options: DecisionOptions = DecisionOptions()
    ) -> DeliveryDecision {
        let situation = Situation(policy: policy, nameMatches: nameMatches, dane: dane, options: options)
        return switch tls {
        case .notAttempted: situation.beforeConnecting()
        case .connectionFailed: DeliveryDecision(action: .skip(.connectionFailed), findings: [])
        default: situation.afterHandshake(tls)
        }
    }
}

private struct Situation {
    let policy: DecisionTable.PolicyInForce
    let nameMatches: Bool
    let dane: DANEState
    let options: DecisionOptions

    /// Whether the policy binds this message.
    var enforces: Bool { policy == .policy(.enforce) && !options.tlsRequiredNo }

    /// Whether DANE authenticates the host, or may yet.
    private var mayMatchDANE: Bool { dane == .matched || dane == .usable }

    func beforeConnecting() -> DeliveryDecision {
        // No session is needed to know these.
        let nameFinding: TLSFinding? = namesPolicy && !nameMatches ? .nameMismatch : nil
        let findings = [nameFinding, daneFaultBeforeSession].compactMap(\.self)
        if enforces, !nameMatches, !(options.daneSuffices && mayMatchDANE) {
            return skip(.policyNameMismatch, findings)
        }
        if !options.tlsRequiredNo, isDANELost { return skip(.daneFailure, findings) }
        return DeliveryDecision(action: .proceed(requirement), findings: [])
    }

    func afterHandshake(_ tls: TLSObservation) -> DeliveryDecision {
        let findings = [policyFinding(tls), daneFinding(tls)].compactMap(\.self)
        let isLifted = options.daneSuffices && dane == .matched && tls.isEstablished
        // If the policy and DANE both fail, the policy is told: `afterWalk` must know of it (RFC 8461 section 5).
        if enforces, !isLifted, let fault = sessionFault(tls) {
            return skip(fault == .nameMismatch ? .policyNameMismatch : .policyTLSFailure, findings)
        }
        if !options.tlsRequiredNo, !daneHolds(tls) { return skip(.daneFailure, findings) }
        if case .handshakeFailed = tls { return DeliveryDecision(action: .reconnectWithoutTLS, findings: findings) }
        return DeliveryDecision(action: .proceed(requirement), findings: findings)
    }

    /// Whether there is a policy that names MX hosts.
    private var namesPolicy: Bool { policy == .policy(.enforce) || policy == .policy(.testing) }

    /// Whether DANE rules the host out whatever a session would show.
    private var isDANELost: Bool {
        switch dane {
        case .mismatched, .lookupFailed, .requiredButAbsent: true
        case .notApplicable, .usable, .matched, .allUnusable: false
        }
    }

    private var daneFaultBeforeSession: TLSFinding? {
        isDANELost || dane == .allUnusable ? daneFault : nil
    }

    private func skip(_ reason: DeliveryDecision.SkipReason, _ findings: [TLSFinding]) -> DeliveryDecision {
        DeliveryDecision(action: .skip(reason), findings: findings)
    }

    private var requirement: TLSRequirement {
        if options.tlsRequiredNo { return .opportunistic }
        if mayMatchDANE { return enforces && !options.daneSuffices ? .daneAndWebPKI : .dane }
        if enforces { return .webPKI }
        return dane == .allUnusable ? .encrypted : .opportunistic
    }

    /// Whether the session keeps what DANE asks of it (RFC 7671 section 10.3, RFC 7672 section 2).
    private func daneHolds(_ tls: TLSObservation) -> Bool {
        switch dane {
        case .notApplicable: true
        case .matched, .allUnusable: tls.isEstablished
        case .usable, .mismatched, .lookupFailed, .requiredButAbsent: false
        }
    }

    /// The first check of RFC 8461 section 4 that the session fails, as a finding of the policy's entry.
    private func sessionFault(_ tls: TLSObservation) -> TLSFinding? {
        if !nameMatches { return .nameMismatch }
        return tls.fault(for: .sts)
    }

    /// What the entry of the MTA-STS policy, or that of no policy at all, counts.
    private func policyFinding(_ tls: TLSObservation) -> TLSFinding? {
        switch policy {
        case .policy(.enforce), .policy(.testing):
            return sessionFault(tls) ?? TLSFinding(policyType: .sts, result: .success)
        case .policy(.none), .noPolicy:
            // "no-policy-found" means neither kind of policy (RFC 8460 section 4).
            guard dane == .notApplicable else { return nil }
            if tls.isEstablished { return TLSFinding(policyType: .noPolicyFound, result: .success) }
            return tls.fault(for: .noPolicyFound)
        case .pending:
            return nil
        }
    }

    /// What the entry of the DANE policy counts (RFC 8460 section 4.3.2.1).
    private func daneFinding(_ tls: TLSObservation) -> TLSFinding? {
        switch dane {
        case .notApplicable: nil
        case .lookupFailed, .requiredButAbsent, .allUnusable: daneFault
        case .usable, .matched, .mismatched:
            if tls.isEstablished {
                daneFault ?? TLSFinding(policyType: .tlsa, result: .success)
            } else {
                tls.fault(for: .tlsa)
            }
        }
    }

    /// What is wrong by the state of DANE alone, nil if nothing is.
    private var daneFault: TLSFinding? {
        switch dane {
        case .notApplicable, .matched: nil
        case .usable: .failure(.tlsa, .validationFailure, reason: "tlsa-not-compared")
        case .mismatched(.hostMismatch): .failure(.tlsa, .certificateHostMismatch, reason: nil)
        case .mismatched(.notTrusted(let reason)): .failure(.tlsa, .certificateNotTrusted, reason: reason)
        case .mismatched(.other(let reason)): .failure(.tlsa, .validationFailure, reason: reason)
        case .allUnusable: .failure(.tlsa, .tlsaInvalid, reason: "all-records-unusable")
        case .lookupFailed: .failure(.tlsa, .dnssecInvalid, reason: "tlsa-lookup-failed")
        case .requiredButAbsent: .failure(.tlsa, .daneRequired, reason: "no-secure-tlsa-records")
        }
    }
}

extension TLSObservation {
    /// The failure of the session by RFC 8461 section 4.2 as RFC 8460 section 4.3 names it, nil if there is none.
    fileprivate func fault(for type: TLSPolicyType) -> TLSFinding? {
        switch self {
        case .notAttempted, .connectionFailed, .established(.valid): nil
        case .startTLSNotOffered(let reason): .failure(type, .startTLSNotSupported, reason: reason)
        case .handshakeFailed(let reason): .failure(type, .validationFailure, reason: reason)
        case .establishedBelowTLS12: .failure(type, .validationFailure, reason: "protocol-version")
        case .established(.expired): .failure(type, .certificateExpired, reason: nil)
        case .established(.notYetValid): .failure(type, .certificateNotTrusted, reason: "not-yet-valid")
        case .established(.notTrusted(let reason)): .failure(type, .certificateNotTrusted, reason: reason)
        case .established(.hostMismatch): .failure(type, .certificateHostMismatch, reason: nil)
        case .established(.notVerified(let reason)): .failure(type, .validationFailure, reason: reason)
        }
    }
}

extension TLSFinding {
    /// No result type is defined for it; this type and reason are what other senders use.
    static let nameMismatch = TLSFinding.failure(.sts, .validationFailure, reason: "mta-sts-mx-mismatch")

    static func failure(_ policyType: TLSPolicyType, _ type: TLSResultType, reason: String?) -> TLSFinding {
        TLSFinding(policyType: policyType, result: .failure(type, reason: reason))
    }
}
