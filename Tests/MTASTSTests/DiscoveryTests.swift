// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// Whose policy applies to a message, and to which host.
@Suite struct DiscoveryTests {
    private func publish(_ text: String, id: String = "1", for name: String, in world: FlowWorld) throws {
        let domain = try DomainName(parsing: name)
        world.dns.publishRecord("v=STSv1; id=\(id);", for: domain)
        world.https.publishPolicy(text, for: domain)
    }

    @Test(.proves("R-DISC-02", "R-APPLY-15"))
    func aSmartHostsPolicyReplacesTheRecipients() async throws {
        let world = try FlowWorld("smart.example")
        world.publish(id: "1", policyText(mx: ["mx.smart.example"]))
        try publish(policyText("none", mx: []), for: "example.com", in: world)
        let resolution = try await world.resolver.resolve(.smartHost(world.domain))
        #expect(resolution.policy?.mode == .enforce)
        #expect(world.dns.queries == [try world.recordName])
        let mx = try DomainName(parsing: "mx.smart.example")
        let counter = SessionCounter(clock: world.wall)
        var walk = counter.walk(resolution)
        walk.count(resolution.decision(forMX: mx, tls: .established(.valid)), mx: mx)
        let day = ReportDay(containing: world.wall.now)
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tlsrpt@sender.example")
        let tally = counter.drain()
        #expect(tally.domains(on: day) == [world.domain])
        let report = try #require(tally.report(for: day, domain: world.domain, from: sender))
        #expect(report.policies.map(\.policy.domain) == ["smart.example"])
    }

    @Test(.proves("R-DISC-03"))
    func noParentDomainIsAsked() async throws {
        let world = try FlowWorld("mail.example.com")
        try publish(policyText(), for: "example.com", in: world)
        #expect(try await world.resolve().state == .noPolicy(.record(.absent)))
        #expect(world.dns.queries.map(\.description) == ["_mta-sts.mail.example.com"])
        #expect(world.https.requests.isEmpty)
    }

    /// What the recipient's domain is an alias of, or has as its MX, is never looked at: there is one query, and it is
    /// for the record below the domain's own name.
    @Test(.proves("R-DISC-01", "R-DISC-05"))
    func oneNameIsAskedFor() async throws {
        let world = try FlowWorld("example.com")
        world.publish(id: "1", policyText())
        try publish(policyText("none", mx: []), for: "alias-target.example", in: world)
        #expect(try await world.resolve().policy?.mode == .enforce)
        #expect(world.dns.queries.map(\.description) == ["_mta-sts.example.com"])
        #expect(world.https.requests.map(\.description) == ["mta-sts.example.com"])
    }

    @Test(
        .proves("R-DISC-25"),
        arguments: [
            (.noSuchName(), .record(.absent), nil),
            (.noData(), .record(.absent), nil),
            (.txt(["v=STSv1; id=1;", "v=STSv1; id=1;"]), .record(.several(count: 2)), nil),
            (.failure(DNSFailure(.serverFailure)), .dnsFailure, .serverFailure),
            (.failure(DNSFailure(.timeout)), .dnsFailure, .timeout),
        ] as [(ScriptedDNS.Answer, PolicyResolution.NoPolicyReason, DNSFailure.Code?)]
    )
    func reasonsAreToldApart(
        answer: ScriptedDNS.Answer,
        reason: PolicyResolution.NoPolicyReason,
        code: DNSFailure.Code?
    ) async throws {
        let world = try FlowWorld()
        world.dns.answer(answer, at: try world.recordName)
        let resolution = try await world.resolve()
        #expect(resolution.state == .noPolicy(reason))
        if let code { #expect(resolution.failure == .dns(DNSFailure(code))) }
    }

    @Test(.proves("R-DISC-25"))
    func aMalformedRecordIsToldAsSuch() async throws {
        let world = try FlowWorld()
        world.dns.answer(.txt(["v=STSv1;"]), at: try world.recordName)
        guard case .noPolicy(.record(.malformed(let error))) = try await world.resolve().state else {
            Issue.record("not malformed")
            return
        }
        #expect(error.code == .missingID)
    }

    private struct Answering: DNSTransport {
        let isAuthenticated: Bool

        func txtRecords(at name: DomainName) -> DNSAnswer<TXTRecord> {
            DNSAnswer(.records([TXTRecord("v=STSv1; id=1;")]), isAuthenticated: isAuthenticated)
        }
    }

    @Test(.proves("R-DISC-28"), arguments: [true, false])
    func theRecordNeedsNoDNSSEC(isAuthenticated: Bool) async throws {
        let https = ScriptedHTTPS()
        let domain = try DomainName(parsing: "example.com")
        https.publishPolicy(policyText(), for: domain)
        let resolver = PolicyResolver(dns: Answering(isAuthenticated: isAuthenticated), http: https)
        #expect(try await resolver.resolve(.domain(domain)).policy?.mode == .enforce)
    }

    @Test(.proves("R-FETCH-21"))
    func withoutAPolicyMessagesGoAsEver() async throws {
        let world = try FlowWorld()
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        let resolution = try await world.resolve()
        #expect(resolution.failure?.resultType == .stsPolicyFetchError)
        let mx = try DomainName(parsing: "mx.anywhere.example")
        #expect(resolution.decision(forMX: mx, tls: .notAttempted).action == .proceed(.opportunistic))
        #expect(resolution.decision(forMX: mx, tls: .startTLSNotOffered()).action == .proceed(.opportunistic))
        #expect(resolution.decision(forMX: mx, tls: .established(.expired)).action == .proceed(.opportunistic))
    }

    /// RFC 8461 section 8.2: the records of two domains are aliases of one of their provider.
    @Test(.proves("R-FETCH-28"))
    func aNewIDOfTheProviderMakesEachDomainAskItsOwnHost() async throws {
        let world = try FlowWorld()
        let names = ["a.example", "b.example"]
        for id in ["1", "2"] {
            for name in names {
                try publish(policyText(), id: id, for: name, in: world)
                _ = try await world.resolver.resolve(.domain(try DomainName(parsing: name)))
            }
            world.advance(bySeconds: 3_600)
        }
        let hosts = ["mta-sts.a.example", "mta-sts.b.example"]
        #expect(world.https.requests.map(\.description) == hosts + hosts)
    }

    /// The record is read first: a policy that changes meanwhile is stored with the older id, and fetched once more.
    @Test(.proves("R-CACHE-10"))
    func thePolicyIsStoredWithTheIDReadBeforeIt() async throws {
        let world = try FlowWorld()
        world.publish(id: "a", policyText("testing"))
        let (name, host) = (try world.recordName, try world.policyHost)
        world.dns.hold(name)
        let task = Task { try await world.resolve() }
        await world.dns.waitForQueries(1, at: name)
        #expect(world.https.requests.isEmpty)
        world.https.hold(host)
        world.dns.release(name)
        await world.https.waitForRequests(1, at: host)
        world.dns.publishRecord("v=STSv1; id=b;", for: world.domain)
        world.https.publishPolicy(policyText(), for: world.domain)
        world.https.release(host)
        #expect(try await task.value.cachedPolicy?.recordID == STSRecord.ID("a"))
        world.advance(bySeconds: 3_600)
        let next = try await world.resolve()
        #expect(next.cachedPolicy?.recordID == STSRecord.ID("b") && next.policy?.mode == .enforce)
    }
}

/// One MX host at a time, by the name in its MX record.
@Suite struct MXHostTests {
    private func resolution(mx: [String]) async throws -> (FlowWorld, PolicyResolution) {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(mx: mx))
        return (world, try await world.resolve())
    }

    /// `mx.a.example` is an alias of `mx.b.example`, which nobody asks DNS.
    @Test(.proves("R-MX-04"))
    func theNameOfTheMXRecordIsMatched() async throws {
        let (world, resolution) = try await resolution(mx: ["mx.b.example"])
        let alias = try DomainName(parsing: "mx.a.example")
        #expect(resolution.decision(forMX: alias, tls: .notAttempted).action == .skip(.policyNameMismatch))
        #expect(resolution.decision(forMX: alias, tls: .established(.valid)).action == .skip(.policyNameMismatch))
        #expect(world.dns.queries.count == 1)
    }

    /// Without MX records the domain itself is the host (RFC 5321 section 5.1).
    @Test(.proves("R-MX-05"), arguments: [("example.com", true), ("EXAMPLE.com", true), ("*.example.com", false)])
    func theImplicitMXIsMatchedLikeAnyOther(pattern: String, matches: Bool) async throws {
        let (world, resolution) = try await resolution(mx: [pattern])
        let action = resolution.decision(forMX: world.domain, tls: .notAttempted).action
        #expect(action == (matches ? .proceed(.webPKI) : .skip(.policyNameMismatch)))
    }

    @Test(.proves("R-DANE-09"))
    func eachHostHasItsOwnDANE() async throws {
        let (_, resolution) = try await resolution(mx: ["*.example.com"])
        let first = try DomainName(parsing: "mx1.example.com")
        let second = try DomainName(parsing: "mx2.example.com")
        let valid = TLSObservation.established(.valid)
        #expect(resolution.decision(forMX: first, tls: .notAttempted, dane: .usable).action == .proceed(.daneAndWebPKI))
        let mismatch = DANEState.mismatched(.other(reason: "no-match"))
        #expect(resolution.decision(forMX: first, tls: valid, dane: mismatch).action == .skip(.daneFailure))
        #expect(resolution.decision(forMX: second, tls: valid).action == .proceed(.webPKI))
    }
}
