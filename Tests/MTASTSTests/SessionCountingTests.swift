// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import RequirementTrait
import Testing

/// Whole walks, from DNS to the day's report, by the counting rules for RFC 8460 section 4.
@Suite("Counting walks for TLS reports")
struct SessionCountingTests {
    private let dns = ScriptedDNS()
    private let https = ScriptedHTTPS()
    private let wall = ManualWallClock()
    private let time = ManualMonotonicClock()
    private let domain: DomainName
    private let resolver: PolicyResolver
    private let counter: SessionCounter

    init() throws {
        domain = try DomainName(parsing: "example.com")
        resolver = PolicyResolver(
            dns: dns,
            http: https,
            configuration: ResolverConfiguration(wallClock: wall, monotonicClock: time)
        )
        counter = SessionCounter(clock: wall)
    }

    private func host(_ text: String) throws -> DomainName { try DomainName(parsing: text) }

    private func publish(_ mode: String, id: String = "1") {
        dns.publishRecord("v=STSv1; id=\(id);", for: domain)
        https.publishPolicy("version: STSv1\nmode: \(mode)\nmx: *.example.com\nmax_age: 604800\n", for: domain)
    }

    /// One walk over hosts as an MTA makes it, and the entries of the report so far.
    private func walk(
        _ hosts: [(String, TLSObservation)],
        dane: DANEState = .notApplicable,
        options: DecisionOptions = DecisionOptions(),
        carriesTLSReport: Bool = false
    ) async throws {
        let resolution = try await resolver.resolve(.domain(domain))
        var walk = counter.walk(resolution, carriesTLSReport: carriesTLSReport)
        for (name, tls) in hosts {
            let mx = try host(name)
            let before = resolution.decision(forMX: mx, tls: .notAttempted, dane: dane, options: options)
            walk.count(before, mx: mx)
            if case .skip = before.action { continue }
            let after = resolution.decision(forMX: mx, tls: tls, dane: dane, options: options)
            walk.count(after, mx: mx, receivingIP: IPAddress("192.0.2.1"), helo: name)
            guard after.action == .reconnectWithoutTLS else { continue }
            // An MTA that asks again on the connection without TLS.
            let plain = resolution.decision(forMX: mx, tls: .startTLSNotOffered(), dane: dane, options: options)
            walk.count(plain, mx: mx, receivingIP: IPAddress("192.0.2.1"), helo: name)
        }
    }

    /// An entry in short: type, successes, failures, whether it shows a policy, and its failures.
    private struct Entry: Hashable, CustomStringConvertible {
        var type: TLSPolicyType?
        var good: Int
        var bad: Int
        var lines = 0
        var failures: [String] = []
        var description: String { "\(type?.rawValue ?? "-") +\(good) -\(bad) lines \(lines) \(failures)" }
    }

    private func report() throws -> TLSReport? {
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        return counter.drain().report(for: ReportDay(containing: wall.now), domain: domain, from: sender)
    }

    private func entries() throws -> [Entry] {
        try report()?.policies.map { entry in
            Entry(
                type: entry.policy.type,
                good: entry.summary.successfulSessions,
                bad: entry.summary.failedSessions,
                lines: entry.policy.lines.count,
                failures: entry.failureDetails.map { detail in
                    let host = detail.receivingMXHostname ?? "-"
                    return "\(detail.failedSessions) \(detail.resultType) \(host) \(detail.failureReasonCode ?? "none")"
                }
            )
        } ?? []
    }

    @Test(
        "Each attempt adds one, a host that the policy does not name one failure (M1, M2, M3)",
        .proves("R-JSON-08", "R-JSON-10", "R-JSON-12", "R-JSON-16", "R-JSON-21")
    )
    func enforced() async throws {
        publish("enforce")
        try await walk([
            ("mx.other.example", .established(.valid)), ("plain.example.com", .startTLSNotOffered()),
            ("mx.example.com", .established(.valid)),
        ])
        let report = try #require(try report())
        let entry = try #require(report.policies.first)
        #expect(report.policies.count == 1)
        #expect(entry.summary == TLSReport.Summary(successfulSessions: 1, failedSessions: 2))
        #expect(entry.policy.mxHosts == ["*.example.com"])
        #expect(entry.policy.lines == ["version: STSv1", "mode: enforce", "mx: *.example.com", "max_age: 604800"])
        #expect(
            entry.failureDetails == [
                TLSReport.FailureDetail(
                    resultType: .startTLSNotSupported,
                    receivingMXHostname: "plain.example.com",
                    receivingMXHelo: "plain.example.com",
                    receivingIP: "192.0.2.1",
                    failedSessions: 1,
                    failureReasonCode: "starttls-not-offered"
                ),
                TLSReport.FailureDetail(
                    resultType: .validationFailure,
                    receivingMXHostname: "mx.other.example",
                    failedSessions: 1,
                    failureReasonCode: "mta-sts-mx-mismatch"
                ),
            ]
        )
    }

    @Test(
        "In testing mode a failure counts as one although the message is delivered (M8)",
        .proves("R-JSON-12", "R-APPLY-02")
    )
    func testing() async throws {
        publish("testing")
        try await walk([("mx.other.example", .established(.valid))])
        let expected = Entry(
            type: .sts,
            good: 0,
            bad: 1,
            lines: 4,
            failures: ["1 validation-failure mx.other.example mta-sts-mx-mismatch"]
        )
        #expect(try entries() == [expected])
    }

    @Test("A connection without TLS after a failed handshake is the same attempt", arguments: ["testing", "none", ""])
    func retry(mode: String) async throws {
        if !mode.isEmpty { publish(mode) }
        try await walk([
            ("a.example.com", .handshakeFailed(reason: "alert 40")), ("b.example.com", .established(.valid)),
            ("a.example.com", .handshakeFailed(reason: "alert 40")),
        ])
        let type: TLSPolicyType = mode == "testing" ? .sts : .noPolicyFound
        let failures = ["2 validation-failure a.example.com alert 40"]
        let expected = Entry(type: type, good: 1, bad: 2, lines: mode == "testing" ? 4 : 0, failures: failures)
        #expect(try entries() == [expected])
    }

    @Test(
        "A policy that cannot be had: one failure of sts, the session without policy (P4, P5, P14)",
        .proves("R-REP-01")
    )
    func fetchFailure() async throws {
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        let policyHost = try #require(domain.policyHost)
        https.answer(.failure(.certificate(reason: "expired")), at: policyHost)
        try await walk([("mx.example.com", .established(.valid))])
        #expect(
            try entries() == [
                Entry(type: .sts, good: 0, bad: 1, failures: ["1 sts-webpki-invalid - expired"]),
                Entry(type: .noPolicyFound, good: 1, bad: 0),
            ]
        )
    }

    @Test("An invalid policy's text is shown (P6)", .proves("R-POL-17"))
    func invalidPolicy() async throws {
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        https.publishPolicy("version: STSv1\nmode: enforced\n", for: domain)
        try await walk([("mx.example.com", .startTLSNotOffered())])
        let policies = try #require(try report()).policies
        #expect(policies.map(\.policy.type) == [.sts, .noPolicyFound])
        #expect(policies.map(\.policy.lines) == [["version: STSv1", "mode: enforced"], []])
        #expect(policies.map(\.policy.mxHosts) == [[], []])
        #expect(policies.map(\.summary.failedSessions) == [1, 1])
        #expect(policies.map { $0.failureDetails.map(\.resultType) } == [[.stsPolicyInvalid], [.startTLSNotSupported]])
    }

    @Test("A failed look beside a cached policy is told once, in its entry (P10)", .proves("R-REP-02"))
    func cached() async throws {
        publish("enforce")
        try await walk([("mx.example.com", .established(.valid))])
        #expect(try entries() == [Entry(type: .sts, good: 1, bad: 0, lines: 4)])
        dns.publishRecord("v=STSv1; id=2;", for: domain)
        let policyHost = try #require(domain.policyHost)
        https.answer(.failure(.connection(reason: "refused")), at: policyHost)
        time.advance(by: .seconds(3_601))
        wall.advance(bySeconds: 3_601)
        for _ in 0..<3 { try await walk([("mx.example.com", .established(.valid))]) }
        let failures = ["1 sts-policy-fetch-error - connection: refused"]
        #expect(try entries() == [Entry(type: .sts, good: 3, bad: 1, lines: 4, failures: failures)])
    }

    @Test("No policy at all, and no record: the session alone, under no policy (P1, M11)", .proves("R-REP-04"))
    func noPolicy() async throws {
        try await walk([("mx.example.com", .established(.hostMismatch)), ("b.example.com", .connectionFailed)])
        #expect(try entries() == [Entry(type: .noPolicyFound, good: 1, bad: 0)])
    }

    @Test(
        "DANE beside MTA-STS: each entry counts the session, the tlsa entry names the host (R-JSON-24)",
        .proves("R-JSON-09", "R-JSON-24")
    )
    func dane() async throws {
        publish("enforce")
        try await walk([("mx.example.com", .established(.valid))], dane: .matched)
        let policies = try #require(try report()).policies
        #expect(policies.map(\.policy.type) == [.sts, .tlsa])
        #expect(policies.map(\.policy.domain) == ["example.com", "mx.example.com"])
        #expect(policies.map(\.summary.successfulSessions) == [1, 1])
    }

    @Test(
        "The session of a TLS report counts nothing (R-SEND-12); one of other mail with TLS-Required: No does",
        .proves("R-SEND-12")
    )
    func reports() async throws {
        publish("enforce")
        let hosts: [(String, TLSObservation)] = [
            ("mx.other.example", .established(.valid)), ("mx.example.com", .handshakeFailed(reason: "alert 40")),
        ]
        let options = DecisionOptions(tlsRequiredNo: true)
        try await walk(hosts, options: options, carriesTLSReport: true)
        #expect(counter.drain().isEmpty)
        try await walk(hosts, options: options)
        let failures = [
            "1 validation-failure mx.example.com alert 40", "1 validation-failure mx.other.example mta-sts-mx-mismatch",
        ]
        #expect(try entries() == [Entry(type: .sts, good: 0, bad: 2, lines: 4, failures: failures)])
    }

    @Test(
        "What the search for a policy came to is counted although a TLS report was what asked",
        arguments: [true, false]
    )
    func reportTellsDiscovery(carriesTLSReport: Bool) async throws {
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        let policyHost = try #require(domain.policyHost)
        https.answer(.failure(.connection(reason: "refused")), at: policyHost)
        let options = DecisionOptions(tlsRequiredNo: true)
        try await walk([("mx.example.com", .established(.valid))], options: options, carriesTLSReport: carriesTLSReport)
        let search = Entry(type: .sts, good: 0, bad: 1, failures: ["1 sts-policy-fetch-error - connection: refused"])
        let session = Entry(type: .noPolicyFound, good: 1, bad: 0)
        #expect(try entries() == (carriesTLSReport ? [search] : [search, session]))
    }

    @Test("After a failed handshake with one address of a host, a session with another one counts")
    func twoAddresses() async throws {
        publish("testing")
        let resolution = try await resolver.resolve(.domain(domain))
        let mx = try host("mx.example.com")
        let failed = resolution.decision(forMX: mx, tls: .handshakeFailed(reason: "alert 40"))
        #expect(failed.action == .reconnectWithoutTLS)
        let plain = resolution.decision(forMX: mx, tls: .startTLSNotOffered())
        let good = resolution.decision(forMX: mx, tls: .established(.valid))
        var walk = counter.walk(resolution)
        walk.count(failed, mx: mx, receivingIP: IPAddress("192.0.2.1"))
        walk.count(plain, mx: mx, receivingIP: IPAddress("192.0.2.1"))
        walk.count(good, mx: mx, receivingIP: IPAddress("192.0.2.2"))
        walk.count(good, mx: mx, receivingIP: IPAddress("192.0.2.1"))
        #expect(try entries().map { [$0.good, $0.bad] } == [[2, 1]])
    }

    @Test("Each failure of the search stands beside the text that it is about (P6, P14)")
    func textOfFinding() async throws {
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        https.publishPolicy("version: STSv1\nmode: enforced\n", for: domain)
        let first = try await resolver.resolve(.domain(domain))
        // Its finding waits for one that is used, whose own failure is another.
        _ = try await resolver.recheckBeforeFailing(first)
        _ = counter.walk(first)
        #expect(try report()?.policies.map(\.policy.lines) == [["version: STSv1", "mode: enforced"]])
        dns.publishRecord("v=STSv1; id=2;", for: domain)
        _ = try await resolver.recheckBeforeFailing(first)
        let policyHost = try #require(domain.policyHost)
        https.answer(.failure(.connection(reason: "refused")), at: policyHost)
        dns.publishRecord("v=STSv1; id=3;", for: domain)
        _ = counter.walk(try await resolver.resolve(.domain(domain)))
        let policies = try #require(try report()).policies
        #expect(policies.map(\.policy.lines) == [[], ["version: STSv1", "mode: enforced"]])
        let types = policies.map { $0.failureDetails.map(\.resultType) }
        #expect(types == [[.stsPolicyFetchError], [.stsPolicyInvalid]])
    }

    @Test("A TLSA base domain may be told as well (R-TXTR-11)", .proves("R-TXTR-11", "R-JSON-09"))
    func baseDomain() async throws {
        let resolution = try await resolver.resolve(.domain(domain))
        let mx = try host("mx.provider.example")
        var walk = counter.walk(resolution, tellsBaseDomains: true)
        let decision = resolution.decision(forMX: mx, tls: .established(.valid), dane: .matched)
        walk.count(decision, mx: mx, tlsa: .tlsa(baseDomain: mx, records: ["3 1 1 00", "3 1 1 01"]))
        let day = ReportDay(containing: wall.now)
        let tally = counter.drain()
        #expect(tally.domains(on: day) == [domain, mx])
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        let policy = try #require(tally.report(for: day, domain: domain, from: sender)?.policies.first?.policy)
        #expect(
            policy == TLSReport.Policy(type: .tlsa, lines: ["3 1 1 00", "3 1 1 01"], domain: "mx.provider.example")
        )
    }
}
