// SPDX-License-Identifier: Apache-2.0

import MTASTS
import Testing

/// A policy domain of the world, and what a resolver must make of it.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// What a search without a cached policy comes to.
    enum Outcome: Hashable, Sendable, CustomStringConvertible {
        case policy(STSPolicy.Mode)
        case noRecord(PolicyFailure.RecordFault)
        case dnsFailure(DNSFailure.Code)
        case fetchFailure(TLSResultType)

        var description: String {
            switch self {
            case .policy(let mode): "policy \(mode.rawValue)"
            case .noRecord(let fault): "no record: \(fault)"
            case .dnsFailure(let code): "DNS: \(code.rawValue)"
            case .fetchFailure(let type): type.rawValue
            }
        }
    }

    /// The DNS server that is asked.
    enum Server: Sendable { case resolver, scripted }

    let name: String
    let outcome: Outcome
    var server = Server.resolver
    /// The longest that it may take, in seconds.
    var limit = 5.0
    /// Whether the guard against addresses that are not public is on.
    var isGuarded = false

    var testDescription: String { name }

    private static let fetchError = Outcome.fetchFailure(.stsPolicyFetchError)
    private static let certificate = Outcome.fetchFailure(.stsWebPKIInvalid)

    static let all: [Scenario] = records + answers + certificates + misbehaving

    private static let records: [Scenario] = [
        Scenario(name: "enforce", outcome: .policy(.enforce)),
        Scenario(name: "testing", outcome: .policy(.testing)),
        Scenario(name: "none", outcome: .policy(.none)),
        Scenario(name: "delegated", outcome: .policy(.enforce)),
        Scenario(name: "strings", outcome: .policy(.enforce)),
        Scenario(name: "beside-spf", outcome: .policy(.enforce)),
        Scenario(name: "long-txt", outcome: .policy(.enforce)),
        Scenario(name: "two-records", outcome: .noRecord(.several(count: 2))),
        Scenario(name: "no-record", outcome: .noRecord(.absent)),
        Scenario(name: "nothing-of-the-kind", outcome: .noRecord(.absent)),
        Scenario(name: "loop-1", outcome: .dnsFailure(.serverFailure)),
        Scenario(name: "loop.alias", outcome: .dnsFailure(.aliasLoop), server: .scripted),
        Scenario(name: "x.servfail", outcome: .dnsFailure(.serverFailure), server: .scripted),
        Scenario(name: "x.refused", outcome: .dnsFailure(.refused), server: .scripted),
        Scenario(name: "x.silent", outcome: .dnsFailure(.timeout), server: .scripted),
        Scenario(name: "x.junk", outcome: .dnsFailure(.timeout), server: .scripted),
        Scenario(name: "bogus", outcome: .dnsFailure(.serverFailure)),
    ]

    private static let answers: [Scenario] = [
        Scenario(name: "two-addresses", outcome: .policy(.enforce)),
        Scenario(name: "silent-first", outcome: .policy(.enforce)),
        Scenario(name: "limit", outcome: .policy(.enforce)),
        Scenario(name: "over-limit", outcome: fetchError),
        Scenario(name: "status-301", outcome: fetchError),
        Scenario(name: "status-404", outcome: fetchError),
        Scenario(name: "status-500", outcome: fetchError),
        Scenario(name: "text-html", outcome: fetchError),
        Scenario(name: "no-type", outcome: fetchError),
        Scenario(name: "enforce", outcome: fetchError, isGuarded: true),
    ]

    private static let certificates: [Scenario] = [
        Scenario(name: "expired", outcome: certificate),
        Scenario(name: "not-yet-valid", outcome: certificate),
        Scenario(name: "self-signed", outcome: certificate),
        Scenario(name: "unknown-ca", outcome: certificate),
        Scenario(name: "wrong-name", outcome: certificate),
        Scenario(name: "common-name", outcome: certificate),
        Scenario(name: "address-name", outcome: certificate),
        Scenario(name: "part-wildcard", outcome: certificate),
        Scenario(name: "wildcard", outcome: .policy(.enforce)),
    ]

    private static let misbehaving: [Scenario] = [
        Scenario(name: "chunks", outcome: .policy(.enforce)),
        Scenario(name: "endless-body", outcome: fetchError),
        Scenario(name: "endless-chunks", outcome: fetchError),
        Scenario(name: "endless-header", outcome: fetchError),
        Scenario(name: "huge-length", outcome: fetchError),
        Scenario(name: "drip", outcome: fetchError),
        Scenario(name: "drip-header", outcome: fetchError),
        Scenario(name: "cut-length", outcome: fetchError),
        Scenario(name: "cut-chunks", outcome: fetchError),
        Scenario(name: "gzip", outcome: fetchError),
        Scenario(name: "no-answer", outcome: fetchError),
        Scenario(name: "no-handshake", outcome: fetchError),
        Scenario(name: "not-tls", outcome: fetchError),
        Scenario(name: "not-http", outcome: fetchError),
        Scenario(name: "reset", outcome: fetchError),
        Scenario(name: "closed", outcome: fetchError),
        Scenario(name: "tls-1-1", outcome: fetchError),
        Scenario(name: "silent-tcp", outcome: fetchError),
        Scenario(name: "refused-tcp", outcome: fetchError),
    ]
}
