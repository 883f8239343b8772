// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSTesting

/// A policy domain with its DNS, its policy host and the clocks, all by script: what most kinds are run in.
struct CaseWorld: Sendable {
    let domain: DomainName
    let recordName: DomainName
    let policyHost: DomainName
    let dns = ScriptedDNS()
    let https = ScriptedHTTPS()
    let wallClock = ManualWallClock()
    let monotonicClock = ManualMonotonicClock()

    init(domain: DomainName) throws(CaseFault) {
        guard let recordName = domain.stsRecordName, let policyHost = domain.policyHost, domain.labelCount > 1 else {
            throw CaseFault(reason: "\(domain) can have no policy")
        }
        self.domain = domain
        self.recordName = recordName
        self.policyHost = policyHost
    }

    /// The world of a domain of which the case names nothing.
    init() throws(CaseFault) {
        guard let domain = DomainName("recipient.example") else { throw CaseFault(reason: "no domain name") }
        try self.init(domain: domain)
    }

    /// A resolver in this world; by another HTTPS transport than the scripted one, if given.
    func resolver(http: (any HTTPTransport)? = nil, store: (any PolicyStore)? = nil) -> PolicyResolver {
        PolicyResolver(
            dns: dns,
            http: http ?? https,
            cache: PolicyCache(store: store),
            configuration: ResolverConfiguration(wallClock: wallClock, monotonicClock: monotonicClock)
        )
    }
}

/// A policy that a case gives by its fields.
struct CasePolicy: Sendable {
    let text: String
    let policy: STSPolicy

    /// Reads the fields `mode`, `mx` and `max_age` of an object.
    ///
    /// - Parameter maxAge: The max_age where the format has none.
    init(_ object: CaseObject, maxAge: Int? = nil) throws(CaseFault) {
        let seconds =
            if let maxAge { maxAge } else { try object.integer("max_age", in: 0...9_999_999_999) }
        var text = "version: STSv1\nmode: \(try object.string("mode"))\n"
        for pattern in try object.strings("mx") { text += "mx: \(pattern)\n" }
        text += "max_age: \(seconds)\n"
        self.text = text
        do throws(STSPolicy.ParseError) {
            policy = try STSPolicy(parsing: text)
        } catch {
            throw CaseFault(reason: "the policy of the case is none: \(error)")
        }
    }
}

/// The states of a certificate.
enum CertificateState: String, Sendable {
    case ok
    case expired
    case notYetValid = "not-yet-valid"
    case untrusted
    case selfSigned = "self-signed"
    case wrongName = "wrong-name"

    /// What a TLS stack finds out about the certificate of a host that it names or does not name.
    func status(namesHost: Bool) -> CertificateStatus {
        switch self {
        case .ok: namesHost ? .valid : .hostMismatch
        case .expired: .expired
        case .notYetValid: .notYetValid
        case .untrusted: .notTrusted(reason: "unknown-root")
        case .selfSigned: .notTrusted(reason: "self-signed")
        case .wrongName: .hostMismatch
        }
    }
}

/// How a TLS handshake ends.
enum Handshake: String, Sendable {
    case ok
    case alert
    case notTLS = "not-tls"
    case timeout
    case closed
}
