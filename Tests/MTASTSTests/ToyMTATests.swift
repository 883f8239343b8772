// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import RequirementTrait
import Testing

// snippet.begin: the toy MTA of Documentation/TestingMailCode.md
/// A mail host as a test imagines it.
struct ToyHost {
    var name: DomainName
    var tls: TLSObservation
}

/// A sending MTA in forty lines: it walks the MX hosts by what the policy says, and gives the host that it delivered
/// to.
struct ToyMTA {
    let resolver: PolicyResolver

    func deliver(to domain: DomainName, via hosts: [ToyHost], stage: QueueStage) async throws -> String {
        let resolution = try await resolver.resolve(.domain(domain))
        var outcomes: [MXOutcome] = []
        for host in hosts {
            let before = resolution.decision(forMX: host.name, tls: .notAttempted)
            if case .skip(let reason) = before.action {
                outcomes.append(.skipped(reason))
                continue
            }
            switch resolution.decision(forMX: host.name, tls: host.tls).action {
            case .skip(let reason): outcomes.append(.skipped(reason))
            case .proceed, .reconnectWithoutTLS: return "delivered to \(host.name)"
            }
        }
        switch resolution.afterWalk(outcomes, stage: stage) {
        case .deferred, .delivered: return "deferred"  // whoever delivered has left the loop above
        case .failed: return "returned"
        case .recheckFirst:
            switch try await resolver.recheckBeforeFailing(resolution) {
            case .unchanged: return "returned"
            case .notChecked: return "deferred"
            // What was found is in the cache now, where the next resolution takes it from.
            case .changed: return try await deliver(to: domain, via: hosts, stage: .lifetimeOverAndRechecked)
            }
        }
    }
}
// snippet.end

@Suite struct ToyMTATests {
    private func world(_ mode: String) throws -> (mta: ToyMTA, dns: ScriptedDNS, https: ScriptedHTTPS, DomainName) {
        let domain = try DomainName(parsing: "example.com")
        let (dns, https) = (ScriptedDNS(), ScriptedHTTPS())
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        https.publishPolicy("version: STSv1\nmode: \(mode)\nmx: *.example.com\nmax_age: 604800\n", for: domain)
        return (ToyMTA(resolver: PolicyResolver(dns: dns, http: https)), dns, https, domain)
    }

    private func hosts() throws -> [ToyHost] {
        try [
            ToyHost(name: DomainName(parsing: "mx.attacker.example"), tls: .established(.valid)),
            ToyHost(name: DomainName(parsing: "plain.example.com"), tls: .startTLSNotOffered()),
            ToyHost(name: DomainName(parsing: "stale.example.com"), tls: .established(.expired)),
            ToyHost(name: DomainName(parsing: "good.example.com"), tls: .established(.valid)),
        ]
    }

    @Test(.proves("R-APPLY-01", "R-APPLY-04")) func enforceTakesTheFirstHostThatPassesAllChecks() async throws {
        let (mta, _, _, domain) = try world("enforce")
        let outcome = try await mta.deliver(to: domain, via: try hosts(), stage: .retriesLeft)
        #expect(outcome == "delivered to good.example.com")
    }

    @Test(.proves("R-APPLY-02", "R-APPLY-03"), arguments: ["testing", "none"])
    func otherModesTakeTheFirstHost(mode: String) async throws {
        let (mta, _, _, domain) = try world(mode)
        let outcome = try await mta.deliver(to: domain, via: try hosts(), stage: .retriesLeft)
        #expect(outcome == "delivered to mx.attacker.example")
    }

    @Test(.proves("R-APPLY-06", "R-APPLY-08", "R-APPLY-11"))
    func withoutAGoodHostTheMessageWaitsAndIsReturnedOnlyAfterALook() async throws {
        let (mta, dns, https, domain) = try world("enforce")
        let bad = Array(try hosts().dropLast())
        #expect(try await mta.deliver(to: domain, via: bad, stage: .retriesLeft) == "deferred")
        #expect(try await mta.deliver(to: domain, via: bad, stage: .lifetimeOver) == "returned")
        // DNS could not be asked for a newer policy: no mail is returned for that.
        let name = try #require(domain.stsRecordName)
        dns.answer(.failure(DNSFailure(.overloaded)), at: name)
        #expect(try await mta.deliver(to: domain, via: bad, stage: .lifetimeOver) == "deferred")
        dns.publishRecord("v=STSv1; id=2;", for: domain)
        https.publishPolicy("version: STSv1\nmode: none\nmax_age: 604800\n", for: domain)
        let outcome = try await mta.deliver(to: domain, via: bad, stage: .lifetimeOver)
        #expect(outcome == "delivered to mx.attacker.example")
    }
}
