// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import TLSRPT
import Testing

/// The whole product of a decision's inputs; texts that come with a value are fixed.
enum DecisionProduct {
    static let policies: [DecisionTable.PolicyInForce] = [
        .noPolicy, .pending, .policy(.none), .policy(.testing), .policy(.enforce),
    ]
    static let observations: [TLSObservation] = [
        .notAttempted, .connectionFailed, .startTLSNotOffered(), .startTLSNotOffered(reason: "454 4.7.0 later"),
        .handshakeFailed(reason: "alert 40"), .establishedBelowTLS12,
        .established(.valid), .established(.expired), .established(.notYetValid),
        .established(.notTrusted(reason: "unknown root")), .established(.hostMismatch),
        .established(.notVerified(reason: "verifier stopped")),
    ]
    static let daneStates: [DANEState] = [
        .notApplicable, .usable, .matched, .mismatched(.hostMismatch), .mismatched(.notTrusted(reason: "no anchor")),
        .mismatched(.other(reason: "no record has this hash")), .allUnusable, .lookupFailed, .requiredButAbsent,
    ]
    static let options: [DecisionOptions] = [
        DecisionOptions(),
        DecisionOptions(daneSuffices: true),
        DecisionOptions(tlsRequiredNo: true),
        DecisionOptions(daneSuffices: true, tlsRequiredNo: true),
    ]

    static var cases: [DecisionOracle.Case] {
        var all: [DecisionOracle.Case] = []
        for policy in policies {
            for nameMatches in [true, false] {
                for tls in observations {
                    for dane in daneStates {
                        for option in options {
                            all.append(
                                DecisionOracle.Case(
                                    policy: policy,
                                    nameMatches: nameMatches,
                                    tls: tls,
                                    dane: dane,
                                    options: option
                                )
                            )
                        }
                    }
                }
            }
        }
        return all
    }
}

extension DecisionOracle.Case {
    fileprivate var decision: DeliveryDecision {
        DecisionTable.decision(policy: policy, nameMatches: nameMatches, tls: tls, dane: dane, options: options)
    }

    /// Whether a policy binds here.
    fileprivate var isEnforced: Bool { policy == .policy(.enforce) && !options.tlsRequiredNo }

    /// Whether there is TLS that keeps an enforcing policy.
    fileprivate var keepsPolicy: Bool { nameMatches && tls == .established(.valid) }

    fileprivate var isOver: Bool { tls != .notAttempted && tls != .connectionFailed }

    fileprivate var isSession: Bool {
        switch tls {
        case .established, .establishedBelowTLS12: true
        default: false
        }
    }
}

extension DeliveryDecision {
    fileprivate var isSkip: Bool { if case .skip = action { true } else { false } }

    fileprivate func finding(_ type: TLSPolicyType) -> TLSFinding? { findings.first { $0.policyType == type } }
}

@Suite("Decision table")
struct DecisionTableTests {
    let cases = DecisionProduct.cases

    @Test(
        "The whole product comes out as the tables say",
        .proves(
            "R-APPLY-01",
            "R-APPLY-02",
            "R-APPLY-03",
            "R-APPLY-10",
            "R-APPLY-13",
            "R-APPLY-14",
            "R-MX-15",
            "R-MX-16",
            "R-DANE-01",
            "R-DANE-02",
            "R-DANE-03",
            "R-DANE-04",
            "R-DANE-05",
            "R-DANE-07"
        )
    )
    func wholeProduct() {
        let oracle = DecisionOracle()
        #expect(oracle.sts.count == 16)
        #expect(oracle.dane.count == 15)
        #expect(oracle.action.count == 14)
        #expect(cases.count == 5 * 2 * 12 * 9 * 4)
        var compared = 0
        var differing: [String] = []
        for input in cases {
            guard let expected = oracle.expected(input) else {
                differing.append("no row for \(input)")
                continue
            }
            compared += 1
            let got = input.decision
            if !expected.fits(got) { differing.append("\(input): expected \(expected), got \(got)") }
        }
        #expect(compared == 4320)
        #expect(differing.isEmpty, "\(differing.count) differ: \(differing.prefix(20).joined(separator: "\n"))")
    }

    @Test("Every row of the oracle's tables is reached")
    func everyRowIsReached() {
        let oracle = DecisionOracle()
        var rows: Set<[String]> = []
        for input in cases { rows.insert(oracle.expected(input)?.rows ?? []) }
        let reached = Set(rows.joined())
        let named = [DecisionOracle.stsTable, DecisionOracle.daneTable, DecisionOracle.actionTable]
            .flatMap {
                $0.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
            }
        #expect(Set(named).subtracting(reached).isEmpty)
    }

    @Test(
        "Enforce: after a failed check comes only skip, but by a DANE match that suffices",
        .proves("R-APPLY-01", "R-APPLY-13")
    )
    func enforceNeverDeliversToAFailingHost() {
        var seen = 0
        for input in cases where input.isEnforced && input.isOver && !input.keepsPolicy {
            seen += 1
            let mayPass = input.options.daneSuffices && input.dane == .matched && input.isSession
            #expect(input.decision.isSkip == !mayPass, "\(input)")
        }
        #expect(seen == 2 * (9 * 9 + 10 * 9))
    }

    @Test(
        "Enforce: a host that no pattern matches is not connected to, counted once",
        .proves("R-APPLY-01", "R-MX-01", "R-RES-05")
    )
    func enforceNameMismatchBeforeConnecting() {
        for input in cases where input.isEnforced && !input.nameMatches && input.tls == .notAttempted {
            let decision = input.decision
            if input.options.daneSuffices && (input.dane == .usable || input.dane == .matched) {
                #expect(decision.action == .proceed(.dane) && decision.findings.isEmpty, "\(input)")
                continue
            }
            #expect(decision.action == .skip(.policyNameMismatch), "\(input)")
            let counted = TLSFinding(
                policyType: .sts,
                result: .failure(.validationFailure, reason: "mta-sts-mx-mismatch")
            )
            #expect(decision.findings.filter { $0.policyType != .tlsa } == [counted], "\(input)")
        }
    }

    @Test("Without TLS never under enforce, nor where DANE asks for TLS", .proves("R-APPLY-10", "R-DANE-04"))
    func neverClearWhereTLSIsAskedFor() {
        var seen = 0
        for input in cases where input.decision.action == .reconnectWithoutTLS {
            seen += 1
            guard case .handshakeFailed = input.tls else {
                Issue.record("\(input)")
                continue
            }
            if input.options.tlsRequiredNo { continue }
            #expect(input.policy != .policy(.enforce), "\(input)")
            #expect(input.dane == .notApplicable, "\(input)")
        }
        #expect(seen > 0)
        for input in cases where !input.options.tlsRequiredNo && input.isOver && !input.isSession {
            if input.decision.action == .proceed(.opportunistic) {
                #expect(input.policy != .policy(.enforce) && input.dane == .notApplicable, "\(input)")
            } else if case .proceed = input.decision.action {
                Issue.record("proceeds in the clear under a requirement: \(input)")
            }
        }
    }

    @Test(
        "A DANE failure is never overridden by a policy, kept or testing",
        .proves("R-DANE-01", "R-DANE-03", "R-DANE-04", "R-DANE-05")
    )
    func policiesNeverRelaxDANE() {
        let failing: Set<DANEState> = [
            .usable, .mismatched(.hostMismatch), .mismatched(.notTrusted(reason: "no anchor")),
            .mismatched(.other(reason: "no record has this hash")), .lookupFailed, .requiredButAbsent,
        ]
        for input in cases where !input.options.tlsRequiredNo && input.isOver {
            if failing.contains(input.dane) { #expect(input.decision.isSkip, "\(input)") }
            if input.dane == .allUnusable && !input.isSession { #expect(input.decision.isSkip, "\(input)") }
        }
        for input in cases where !input.options.tlsRequiredNo && input.tls == .notAttempted {
            if input.dane == .lookupFailed || input.dane == .requiredButAbsent {
                #expect(input.decision.isSkip, "\(input)")
            }
        }
    }

    @Test(
        "Testing and none act as no policy, whatever fails",
        .proves("R-APPLY-02", "R-APPLY-03", "R-REP-03"),
        arguments: [STSPolicy.Mode.testing, .none]
    )
    func otherModesNeverAct(mode: STSPolicy.Mode) {
        for input in cases where input.policy == .policy(mode) {
            let without = DecisionTable.decision(
                policy: .noPolicy,
                nameMatches: input.nameMatches,
                tls: input.tls,
                dane: input.dane,
                options: input.options
            )
            #expect(input.decision.action == without.action, "\(input)")
            if mode == .none { #expect(input.decision.findings == without.findings, "\(input)") }
        }
    }

    @Test("Testing counts what enforce counts, once a session is over", .proves("R-APPLY-02", "R-JSON-12"))
    func testingCountsAsEnforce() {
        for input in cases where input.policy == .policy(.testing) && input.isOver {
            let enforced = DecisionTable.decision(
                policy: .policy(.enforce),
                nameMatches: input.nameMatches,
                tls: input.tls,
                dane: input.dane,
                options: input.options
            )
            #expect(input.decision.findings == enforced.findings, "\(input)")
        }
    }

    @Test(
        "Findings: one for each policy type, none while it goes on, none of a connection that failed",
        .proves("R-APPLY-12", "R-REP-04")
    )
    func findingsAreCountedOnce() {
        for input in cases {
            let decision = input.decision
            #expect(Set(decision.findings.map(\.policyType)).count == decision.findings.count, "\(input)")
            #expect(decision.finding(.sts) == nil || decision.finding(.noPolicyFound) == nil, "\(input)")
            if input.tls == .connectionFailed {
                #expect(decision.findings.isEmpty, "\(input)")
                #expect(decision.action == .skip(.connectionFailed), "\(input)")
            }
            if input.tls == .notAttempted && !decision.isSkip { #expect(decision.findings.isEmpty, "\(input)") }
            if input.policy == .pending { #expect(decision.findings.allSatisfy { $0.policyType == .tlsa }, "\(input)") }
            if input.dane != .notApplicable { #expect(decision.finding(.noPolicyFound) == nil, "\(input)") }
            if input.dane == .notApplicable { #expect(decision.finding(.tlsa) == nil, "\(input)") }
            if input.dane == .allUnusable && input.isOver {
                #expect(decision.finding(.tlsa)?.resultType == .tlsaInvalid, "\(input)")
            }
            for finding in decision.findings where finding.result == .success {
                #expect(input.isSession, "\(input)")
            }
        }
    }

    @Test(
        "An attempt that is over counts for exactly one of sts and no-policy-found unless DANE takes the place",
        .proves("R-REP-03")
    )
    func everyAttemptCounts() {
        for input in cases where input.isOver && input.policy != .pending {
            let decision = input.decision
            let isSTS = input.policy == .policy(.testing) || input.policy == .policy(.enforce)
            #expect((decision.finding(.sts) != nil) == isSTS, "\(input)")
            let nothing = !isSTS && input.dane == .notApplicable
            #expect((decision.finding(.noPolicyFound) != nil) == nothing, "\(input)")
            #expect((decision.finding(.tlsa) != nil) == (input.dane != .notApplicable), "\(input)")
        }
    }

    @Test(
        "TLS-Required: No never skips but by a failed connection, and counts the same once over",
        .proves("R-APPLY-14", "R-SEND-11")
    )
    func tlsRequiredNo() {
        for input in cases where input.options.tlsRequiredNo && input.tls != .connectionFailed {
            #expect(!input.decision.isSkip, "\(input)")
            guard input.isOver else { continue }
            let bound = DecisionTable.decision(
                policy: input.policy,
                nameMatches: input.nameMatches,
                tls: input.tls,
                dane: input.dane,
                options: DecisionOptions(daneSuffices: input.options.daneSuffices)
            )
            #expect(input.decision.findings == bound.findings, "\(input)")
        }
    }

    @Test("Rows of DANE beside an enforcing policy (RFC 8461 section 2)", .proves("R-DANE-02"))
    func daneBesideEnforce() {
        func action(_ tls: TLSObservation, _ dane: DANEState, suffices: Bool = false) -> DeliveryDecision.Action {
            DecisionTable.decision(
                policy: .policy(.enforce),
                nameMatches: true,
                tls: tls,
                dane: dane,
                options: DecisionOptions(daneSuffices: suffices)
            ).action
        }
        #expect(action(.established(.valid), .notApplicable) == .proceed(.webPKI))
        #expect(action(.established(.valid), .matched) == .proceed(.daneAndWebPKI))
        #expect(action(.established(.expired), .matched) == .skip(.policyTLSFailure))
        #expect(action(.established(.expired), .matched, suffices: true) == .proceed(.dane))
        #expect(action(.established(.valid), .mismatched(.hostMismatch)) == .skip(.daneFailure))
        #expect(action(.established(.valid), .allUnusable) == .proceed(.webPKI))
        #expect(action(.startTLSNotOffered(), .matched, suffices: true).isPolicySkip)
    }
}

extension DeliveryDecision.Action {
    fileprivate var isPolicySkip: Bool {
        if case .skip(let reason) = self { reason.isPolicyFailure } else { false }
    }
}
