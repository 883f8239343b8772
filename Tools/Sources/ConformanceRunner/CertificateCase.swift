// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSTesting

/// A case of kind cert-match: one TLS peer.
struct CertificateCase {
    private enum Role: String { case mx, policyHost = "policy-host" }

    private struct Certificate {
        let dnsIDs: [String]
        let state: CertificateState
    }

    private let role: Role
    private let host: DomainName
    private let handshake: Handshake
    private let certificate: Certificate?

    init(_ input: JSONValue) throws(CaseFault) {
        let object = try CaseObject(input, name: "input", allowing: ["role", "host", "handshake", "cert"])
        role = try object.word("role")
        host = try object.domainName("host")
        handshake = try object.word("handshake")
        let value = try object.required("cert")
        if value == .null {
            certificate = nil
        } else {
            let member = try CaseObject(value, name: "input.cert", allowing: ["san_dns", "cn", "state"])
            // The common name is not handed on: no library may look at it (RFC 8461 section 4.2).
            certificate = Certificate(dnsIDs: try member.strings("san_dns"), state: try member.word("state"))
        }
        guard (handshake == .ok) == (certificate != nil) else {
            throw object.fault("cert", "at odds with the handshake")
        }
    }

    func outcome() async throws -> CaseOutcome {
        let status = certificate.map { $0.state.status(namesHost: host.matchesAnyPresentedIdentifier($0.dnsIDs)) }
        return switch role {
        case .mx: mxOutcome(status)
        case .policyHost: try await policyHostOutcome(status)
        }
    }

    private func mxOutcome(_ status: CertificateStatus?) -> CaseOutcome {
        let decision = DecisionTable.decision(
            policy: .policy(.enforce),
            nameMatches: true,
            tls: status.map { .established($0) } ?? .handshakeFailed(reason: handshake.rawValue),
            dane: .notApplicable
        )
        let isPassed = decision.action == .proceed(.webPKI)
        let types = decision.findings.compactMap(\.resultType?.rawValue)
        return [
            "verdict": isPassed ? "pass" : "fail",
            "result_type": JSONValue(types.isEmpty ? nil : types.joined(separator: ", ")),
        ]
    }

    private func policyHostOutcome(_ status: CertificateStatus?) async throws -> CaseOutcome {
        let prefix = "mta-sts."
        guard host.description.hasPrefix(prefix),
            let domain = DomainName(String(host.description.dropFirst(prefix.count)))
        else { throw CaseFault(reason: "input.host is no policy host") }
        let world = try CaseWorld(domain: domain)
        world.dns.publishRecord("v=STSv1; id=1;", for: domain)
        switch status {
        case .valid: world.https.publishPolicy("version: STSv1\nmode: none\nmax_age: 86400\n", for: domain)
        case let status?: world.https.answer(.failure(.certificate(reason: "\(status)")), at: host)
        case nil: world.https.answer(.failure(.connection(reason: handshake.rawValue)), at: host)
        }
        let resolution = try await world.resolver().resolve(.domain(domain))
        return [
            "verdict": resolution.policy == nil ? "fail" : "pass",
            "result_type": JSONValue(resolution.failure?.resultType.rawValue),
        ]
    }
}
