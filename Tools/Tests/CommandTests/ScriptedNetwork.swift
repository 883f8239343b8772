// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS
import MTASTSTesting

@testable import mta_sts

/// A network by script: example.com with a good policy, to be spoilt by each test.
struct ScriptedNetwork: CheckNetwork {
    static let now = UnixTime(secondsSinceEpoch: 1_767_225_600)  // 2026-01-01

    let dns = ScriptedDNS()
    let http = ScriptedHTTPS()
    var mx: Result<DNSAnswer<MXRecord>, DNSFailure>
    var addresses: [DomainName: Result<DNSAnswer<IPAddress>, DNSFailure>] = [:]
    var facts: CertificateFacts?
    var connectionTarget: String?
    let refusesNonPublicAddresses = true

    let domain: DomainName
    let policyHost: DomainName

    static let goodPolicy = "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 1209600\r\n"

    init() throws {
        domain = try DomainName(parsing: "example.com")
        policyHost = try DomainName(parsing: "mta-sts.example.com")
        mx = .success(
            DNSAnswer(
                .records([
                    MXRecord(preference: 10, exchangeText: "mx1.example.com"),
                    MXRecord(preference: 20, exchangeText: "mx2.example.com"),
                ])
            )
        )
        dns.publishRecord("v=STSv1; id=20251231T000000;", for: domain)
        http.publishPolicy(Self.goodPolicy, for: domain)
        addresses[policyHost] = IPAddress("192.0.2.1").map { .success(DNSAnswer(.records([$0]))) }
        facts = Self.certificate(days: 60)
    }

    static func certificate(
        days: Int64,
        from: Int64 = -30,
        names: [String] = ["mta-sts.example.com"],
        chainLength: Int = 2
    ) -> CertificateFacts {
        CertificateFacts(
            notBefore: now.advanced(bySeconds: from * 86_400),
            notAfter: now.advanced(bySeconds: days * 86_400),
            dnsIDs: names,
            chainLength: chainLength
        )
    }

    mutating func setMX(_ hosts: String...) {
        mx = .success(DNSAnswer(.records(hosts.map { MXRecord(preference: 10, exchangeText: $0) })))
    }

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> { try await dns.txtRecords(at: name) }

    func mxRecords(of domain: DomainName) async throws -> DNSAnswer<MXRecord> { try mx.get() }

    func addresses(of host: DomainName) async throws -> DNSAnswer<IPAddress> {
        try addresses[host]?.get() ?? DNSAnswer(.noSuchName)
    }

    func fetch(_ request: PolicyRequest, at addresses: [IPAddress]) async throws -> HTTPResponse {
        try await http.fetch(request)
    }

    func certificate(of host: DomainName, at addresses: [IPAddress]) async throws -> CertificateFacts {
        guard let facts else { throw HTTPFailure.connection(reason: "closed") }
        return facts
    }

    /// The report on example.com, or on another domain.
    func report(_ domain: String = "example.com") async -> DomainReport {
        await DomainCheck(network: self, now: Self.now).report(on: domain)
    }
}

extension DomainReport {
    /// The rules of the findings that are more than notes.
    var faults: [String] { findings.filter { $0.severity != .note }.map(\.rule) }

    /// The rules of the notes.
    var notes: [String] { findings.filter { $0.severity == .note }.map(\.rule) }
}
