// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// Cases from the field that are told in words; each test bears the name of its case.
@Suite struct NotesTests {
    @Test("fetch-063: a policy is fetched by https on port 443, with no query", .proves("R-FETCH-01"))
    func fetch063() async throws {
        let rows = [
            ("Bucher.Example", "https://mta-sts.bucher.example/.well-known/mta-sts.txt"),
            ("xn--bcher-kva.example.", "https://mta-sts.xn--bcher-kva.example/.well-known/mta-sts.txt"),
        ]
        for (domain, url) in rows {
            let host = try require(DomainName(parsing: domain).policyHost)
            #expect(PolicyRequest(host: host).url == url)
        }
    }

    @Test("cache-034: a policy that no message asked for in a long time is left to expire")
    func cache034() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 31_557_600))
        _ = try await world.resolve()
        world.advance(bySeconds: 181 * 86_400)
        try await world.whileRunning { _ in }
        #expect(world.https.requests.count == 1)
        #expect(world.resolver.peek(world.nextHop) == nil)  // a message would ask for the record, and then apply it
        #expect(try await world.resolve().policy != nil)
    }

    @Test(
        "cache-050: a name that could leave the store is no domain name",
        arguments: ["a/b", "..", "../x", "a\0b", "."]
    )
    func cache050(name: String) {
        #expect(DomainName(name) == nil)
    }

    @Test("b023: the smart host's domain is the policy domain", .proves("R-DISC-02", "R-APPLY-15"))
    func b023() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(mx: ["mx.example.com"]))
        let relay = try DomainName(parsing: "relay.example.net")
        let resolution = try await world.resolver.resolve(.smartHost(relay))
        #expect(resolution.policy == nil)
        #expect(world.dns.queries.map(\.description) == ["_mta-sts.relay.example.net"])
    }

    @Test(
        "b031: a 404 of the own policy host is a fetch error, wherever the record is delegated to",
        .proves("R-FETCH-09")
    )
    func b031() async throws {
        let world = try FlowWorld("alias.example")
        world.dns.publishRecord("v=STSv1; id=1", for: world.domain)
        let answer = HTTPResponse(status: 404, contentType: "text/plain", body: Array(policyText().utf8))
        world.https.answer(.response(answer), at: try world.policyHost)
        #expect(try await world.resolve().failure?.resultType == .stsPolicyFetchError)
        #expect(world.https.requests.map(\.description) == ["mta-sts.alias.example"])
    }

    @Test(
        "b033, b054: the record may be an alias, the fetch goes to the domain's own policy host",
        .proves("R-FETCH-08", "R-FETCH-27")
    )
    func b033() async throws {
        // What a transport answers is what it found at the end of the chain; tests with a real DNS server follow one.
        let world = try FlowWorld("a.example")
        world.publish(id: "1", policyText())
        #expect(try await world.resolve().policy != nil)
        #expect(world.https.requests.map(\.description) == ["mta-sts.a.example"])
    }

    @Test(
        "b041: a failed fetch is not repeated by the refresh loop, and the domain is not remembered as cached",
        .proves("R-FETCH-19")
    )
    func b041() async throws {
        let world = try FlowWorld()
        world.dns.publishRecord("v=STSv1; id=1", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        _ = try await world.resolve()
        try await world.whileRunning { nextRound in
            for _ in 0..<20 { await nextRound(30) }
        }
        #expect(world.https.requests.count == 1)
        #expect(world.resolver.cache.statistics.policiesInMemory == 0)
    }

    @Test("b055: every failure tells its step and, where there is one, the place")
    func b055() async throws {
        let world = try FlowWorld()
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        #expect(try await world.resolve().failure?.step == .record)
        world.publish(id: "1", "version: STSv1\nmode: Enforce\n")
        let parse = try await world.resolve().failure
        #expect(parse?.step == .parse)
        #expect(parse?.description.contains("line 2") == true)
        world.publish(id: "2", policyText())
        world.https.answer(.failure(.certificate(reason: "expired")), at: try world.policyHost)
        let fetch = try await world.resolve().failure
        #expect(fetch?.step == .fetch && fetch?.description.contains("expired") == true)
        world.dns.publishRecord("v=STSv1; id=a_b", for: world.domain)
        let resolution = try await world.resolve()
        guard case .noPolicy(.record(.malformed(let error))) = resolution.state else {
            Issue.record("\(resolution.state)")
            return
        }
        #expect(error.code == .invalidID && error.offset == 12)
    }

    @Test("b079: MTA-STS does not override a failing DANE check", .proves("R-DANE-01"))
    func b079() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let mx = try DomainName(parsing: "mail.example.com")
        let failed = DANEState.mismatched(.other(reason: "no-match"))
        let decision = try await world.resolve().decision(forMX: mx, tls: .established(.valid), dane: failed)
        #expect(decision.action == .skip(.daneFailure))
    }

    @Test("b080: where DANE does not apply, the policy does")
    func b080() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let mx = try DomainName(parsing: "mail.example.com")
        let decision = try await world.resolve().decision(forMX: mx, tls: .notAttempted, dane: .notApplicable)
        #expect(decision.action == .proceed(.webPKI))
    }
}
