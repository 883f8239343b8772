// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSTesting

/// A case of kind evaluate: the walk over the MX hosts of a message.
struct WalkCase {
    private struct MXHost {
        /// The name as the case writes it.
        let text: String
        let name: DomainName
        let offersSTARTTLS: Bool
        let handshake: Handshake
        let certificate: CertificateState

        init(_ value: JSONValue) throws(CaseFault) {
            let object = try CaseObject(
                value,
                name: "input.mx",
                allowing: ["host", "starttls", "handshake", "cert"]
            )
            text = try object.string("host")
            name = try object.domainName("host")
            offersSTARTTLS = try object.bool("starttls")
            handshake = try object.word("handshake")
            certificate = try object.word("cert", default: .ok)
        }

        /// What a sender sees that connects.
        var observation: TLSObservation {
            guard offersSTARTTLS else { return .startTLSNotOffered() }
            guard handshake == .ok else { return .handshakeFailed(reason: handshake.rawValue) }
            return .established(certificate.status(namesHost: true))
        }
    }

    private let policy: CasePolicy?
    private let hosts: [MXHost]

    init(_ input: JSONValue) throws(CaseFault) {
        let object = try CaseObject(input, name: "input", allowing: ["policy", "mx"])
        let policy = try object.required("policy")
        if policy == .null {
            self.policy = nil
        } else {
            let member = try CaseObject(policy, name: "input.policy", allowing: ["mode", "mx"])
            self.policy = try CasePolicy(member, maxAge: 86_400)
        }
        guard case .array(let items) = try object.required("mx") else { throw object.fault("mx", "no list") }
        var hosts: [MXHost] = []
        for item in items { hosts.append(try MXHost(item)) }
        self.hosts = hosts
    }

    func outcome() async throws -> CaseOutcome {
        let world = try CaseWorld()
        if let policy {
            world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
            world.https.publishPolicy(policy.text, for: world.domain)
        }
        return walk(try await world.resolver().resolve(.domain(world.domain)))
    }

    /// Tries the hosts in order, as the documentation of `PolicyResolution.decision(forMX:tls:dane:options:)` says.
    private func walk(_ resolution: PolicyResolution) -> CaseOutcome {
        var outcomes: [MXOutcome] = []
        var results: [JSONValue] = []
        var policyTypes: [String] = []
        var via: String?
        for host in hosts where via == nil {
            var decision = resolution.decision(forMX: host.name, tls: .notAttempted)
            var isContacted = false
            if case .proceed = decision.action {
                isContacted = true
                decision = resolution.decision(forMX: host.name, tls: host.observation)
            }
            switch decision.action {
            case .proceed, .reconnectWithoutTLS:
                via = host.text
                outcomes.append(.delivered)
            case .skip(let reason):
                outcomes.append(.skipped(reason))
            }
            var result = decision.findings.map { $0.resultType?.rawValue ?? "success" }.joined(separator: ", ")
            // RFC 8461 section 4.1: a host that no pattern matches is not even connected to.
            if isContacted, decision.action == .skip(.policyNameMismatch) { result += ", contacted" }
            results.append(JSONValue([host.text, result]))
            for type in decision.findings.map(\.policyType.rawValue) where !policyTypes.contains(type) {
                policyTypes.append(type)
            }
        }
        return [
            "verdict": verdict(resolution.afterWalk(outcomes)),
            "via": JSONValue(via),
            "policy_type": JSONValue(policyTypes.isEmpty ? nil : policyTypes.joined(separator: ", ")),
            "results": .array(results),
        ]
    }

    private func verdict(_ conclusion: WalkConclusion) -> JSONValue {
        switch conclusion {
        case .delivered: "deliver"
        case .deferred: "defer"
        case .recheckFirst: "recheck first"
        case .failed: "fail"
        }
    }
}
