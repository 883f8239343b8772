// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing
import VectorSupport

/// One row of decision.jsonl: what to do with one MX host, and what is counted.
struct DecisionVector: Vector {
    static let kind = "decision"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        let policy: String
        let nameMatches: Bool
        let tls: String
        let dane: String
        let daneSuffices: Bool?
        let tlsRequiredNo: Bool?

        enum CodingKeys: String, CodingKey {
            case policy, tls, dane
            case nameMatches = "name_matches"
            case daneSuffices = "dane_suffices"
            case tlsRequiredNo = "tls_required_no"
        }

        func policyInForce() throws -> DecisionTable.PolicyInForce {
            switch policy {
            case "no-policy": .noPolicy
            case "pending": .pending
            default: .policy(try require(STSPolicy.Mode(rawValue: policy)))
            }
        }

        func observation() throws -> TLSObservation {
            switch tls {
            case "not-attempted": .notAttempted
            case "connection-failed": .connectionFailed
            case "not-offered": .startTLSNotOffered()
            case "handshake-failed": .handshakeFailed(reason: "alert")
            case "below-1.2": .establishedBelowTLS12
            case "ok": .established(.valid)
            case "expired": .established(.expired)
            case "not-yet-valid": .established(.notYetValid)
            case "not-trusted": .established(.notTrusted(reason: "unknown-root"))
            case "host-mismatch": .established(.hostMismatch)
            case "not-verified": .established(.notVerified(reason: "verifier-failed"))
            default: throw MissingValue()
            }
        }

        func daneState() throws -> DANEState {
            switch dane {
            case "not-applicable": .notApplicable
            case "usable": .usable
            case "matched": .matched
            case "mismatched": .mismatched(.other(reason: "no-match"))
            case "host-mismatch": .mismatched(.hostMismatch)
            case "not-trusted": .mismatched(.notTrusted(reason: "no-anchor"))
            case "unusable": .allUnusable
            case "lookup-failed": .lookupFailed
            case "required-absent": .requiredButAbsent
            default: throw MissingValue()
            }
        }
    }

    struct Expectation: Decodable, Sendable {
        let action: String
        let requirement: String?
        let findings: [[String]]
    }
}

/// One row of walk.jsonl: what follows when all MX hosts were tried.
struct WalkVector: Vector {
    static let kind = "walk"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        let outcomes: [String]
        let stage: String
    }

    struct Expectation: Decodable, Sendable { let conclusion: String }

    static func outcome(_ word: String) throws -> MXOutcome {
        switch word {
        case "delivered": .delivered
        case "transient": .transientFailure
        case "permanent": .permanentFailure
        case "skipped-name": .skipped(.policyNameMismatch)
        case "skipped-policy": .skipped(.policyTLSFailure)
        case "skipped-dane": .skipped(.daneFailure)
        case "skipped-connection": .skipped(.connectionFailed)
        default: throw MissingValue()
        }
    }
}

@Suite struct DecisionVectorTests {
    @Test(
        .proves(
            "R-APPLY-01",
            "R-APPLY-02",
            "R-APPLY-03",
            "R-APPLY-10",
            "R-APPLY-12",
            "R-APPLY-13",
            "R-APPLY-14",
            "R-MX-15",
            "R-MX-16",
            "R-DANE-01",
            "R-DANE-02",
            "R-DANE-03",
            "R-DANE-04",
            "R-DANE-05",
            "R-DANE-07",
            "R-REP-03",
            "R-REP-04",
            "R-RES-01",
            "R-RES-02",
            "R-RES-03",
            "R-RES-04",
            "R-RES-05",
            "R-RES-06",
            "R-RES-07",
            "R-RES-08"
        ),
        arguments: try Vectors.load("decision", as: DecisionVector.self)
    )
    func decision(_ vector: DecisionVector) throws {
        let given = vector.given
        let decision = DecisionTable.decision(
            policy: try given.policyInForce(),
            nameMatches: given.nameMatches,
            tls: try given.observation(),
            dane: try given.daneState(),
            options: DecisionOptions(
                daneSuffices: given.daneSuffices ?? false,
                tlsRequiredNo: given.tlsRequiredNo ?? false
            )
        )
        #expect(Self.word(decision.action) == vector.expect.action)
        if let requirement = vector.expect.requirement {
            #expect(Self.requirement(decision.action) == requirement)
        }
        let findings = decision.findings.map { [$0.policyType.rawValue, $0.resultType?.rawValue ?? "success"] }
        #expect(findings == vector.expect.findings)
    }

    @Test(.proves("R-APPLY-06", "R-APPLY-07", "R-APPLY-09"), arguments: try Vectors.load("walk", as: WalkVector.self))
    func walk(_ vector: WalkVector) async throws {
        let world = try FlowWorld()
        let stages: [String: QueueStage] = [
            "retries-left": .retriesLeft, "lifetime-over": .lifetimeOver, "rechecked": .lifetimeOverAndRechecked,
        ]
        let conclusion = try await world.resolve().afterWalk(
            try vector.given.outcomes.map(WalkVector.outcome),
            stage: try require(stages[vector.given.stage])
        )
        let words: [WalkConclusion: String] = [
            .delivered: "delivered", .deferred: "deferred", .recheckFirst: "recheck-first", .failed: "failed",
        ]
        #expect(words[conclusion] == vector.expect.conclusion)
    }

    private static func word(_ action: DeliveryDecision.Action) -> String {
        switch action {
        case .proceed: "proceed"
        case .reconnectWithoutTLS: "reconnect-without-tls"
        case .skip: "skip"
        }
    }

    private static func requirement(_ action: DeliveryDecision.Action) -> String? {
        guard case .proceed(let requirement) = action else { return nil }
        return switch requirement {
        case .opportunistic: "opportunistic"
        case .encrypted: "encrypted"
        case .dane: "dane"
        case .webPKI: "web-pki"
        case .daneAndWebPKI: "dane-and-web-pki"
        }
    }
}
