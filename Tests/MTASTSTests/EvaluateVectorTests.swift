// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import RequirementTrait
import Testing
import VectorSupport

/// One row of evaluate.jsonl: a walk over the MX hosts, without DANE.
struct EvaluateVector: Vector {
    static let kind = "evaluate"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        let policy: Policy?
        let mx: [Host]
    }

    struct Policy: Decodable, Sendable {
        let mode: String
        let mx: [String]
    }

    struct Host: Decodable, Sendable {
        let host: String
        let starttls: Bool
        let handshake: String
        let cert: String?

        var observation: TLSObservation {
            if !starttls { return .startTLSNotOffered() }
            if handshake != "ok" { return .handshakeFailed(reason: handshake) }
            return .established(CertificateStatus(word: cert))
        }
    }

    struct Expectation: Decodable, Sendable {
        let verdict: String
        let via: String?
        let policyType: String
        let results: [[String]]

        enum CodingKeys: String, CodingKey {
            case verdict, via, results
            case policyType = "policy_type"
        }
    }
}

extension CertificateStatus {
    /// The status that the vectors' word means.
    fileprivate init(word: String?) {
        switch word {
        case "ok": self = .valid
        case "expired": self = .expired
        case "not-yet-valid": self = .notYetValid
        case "untrusted", "self-signed": self = .notTrusted(reason: word ?? "")
        case "wrong-name": self = .hostMismatch
        default: self = .notVerified(reason: "no certificate")
        }
    }
}

/// One row of field-certificate.jsonl: what a peer presents, and whether it passes.
struct CertificateVector: Vector {
    static let kind = "certificate"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        let role: String
        let host: String
        let handshake: String
        let cert: Certificate?
    }

    struct Certificate: Decodable, Sendable {
        let sanDNS: [String]
        let state: String

        enum CodingKeys: String, CodingKey {
            case state
            case sanDNS = "san_dns"
        }
    }

    struct Expectation: Decodable, Sendable {
        let verdict: String
        let resultType: String?

        enum CodingKeys: String, CodingKey {
            case verdict
            case resultType = "result_type"
        }
    }
}

@Suite struct EvaluateVectorTests {
    @Test(
        .proves("R-APPLY-01", "R-APPLY-02", "R-APPLY-03", "R-APPLY-04", "R-MX-01"),
        arguments: try Vectors.load("evaluate", as: EvaluateVector.self)
    )
    func walk(_ vector: EvaluateVector) async throws {
        let world = try FlowWorld()
        if let policy = vector.given.policy { world.publish(id: "1", policyText(policy.mode, mx: policy.mx)) }
        let resolution = try await world.resolve()
        var via: String?
        var findings: [(host: String, finding: TLSFinding)] = []
        var outcomes: [MXOutcome] = []
        for host in vector.given.mx {
            let name = try DomainName(parsing: host.host)
            var decision = resolution.decision(forMX: name, tls: .notAttempted)
            if case .proceed = decision.action {
                decision = resolution.decision(forMX: name, tls: host.observation)
            }
            findings += decision.findings.map { (host.host, $0) }
            if case .skip(let reason) = decision.action {
                outcomes.append(.skipped(reason))
                continue
            }
            outcomes.append(.delivered)
            via = host.host
            break
        }
        let conclusion = resolution.afterWalk(outcomes)
        #expect((conclusion == .delivered ? "deliver" : "defer") == vector.expect.verdict)
        #expect(via == vector.expect.via)
        #expect(findings.allSatisfy { $0.finding.policyType.rawValue == vector.expect.policyType })
        let results = findings.map { [$0.host, $0.finding.resultType?.rawValue ?? "success"] }
        #expect(results == vector.expect.results)
    }

    @Test(
        .proves("R-MX-08", "R-MX-11", "R-RES-02", "R-RES-03", "R-RES-04", "R-RES-11", "R-MX-09", "R-RES-05"),
        arguments: try Vectors.load("field-certificate", as: CertificateVector.self)
    )
    func certificate(_ vector: CertificateVector) async throws {
        let given = vector.given
        let host = try DomainName(parsing: given.host)
        var status = CertificateStatus(word: given.cert?.state)
        if let cert = given.cert, status == .valid, !host.matchesAnyPresentedIdentifier(cert.sanDNS) {
            status = .hostMismatch
        }
        let type: TLSResultType?
        if given.role == "mx" {
            let tls: TLSObservation =
                given.handshake == "ok" ? .established(status) : .handshakeFailed(reason: given.handshake)
            let decision = DecisionTable.decision(
                policy: .policy(.enforce),
                nameMatches: true,
                tls: tls,
                dane: .notApplicable
            )
            type = decision.findings.first?.resultType
        } else {
            let world = try FlowWorld(String(given.host.dropFirst("mta-sts.".count)))
            world.publish(id: "1", policyText())
            if given.handshake != "ok" {
                world.https.answer(.failure(.connection(reason: given.handshake)), at: host)
            } else if status != .valid {
                world.https.answer(.failure(.certificate(reason: "\(status)")), at: host)
            }
            type = try await world.resolve().failure?.resultType
        }
        #expect((type == nil ? "pass" : "fail") == vector.expect.verdict)
        #expect(type?.rawValue == vector.expect.resultType)
    }
}
