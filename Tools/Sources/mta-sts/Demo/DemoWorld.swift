// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting

/// A domain, its DNS and web servers, and the clocks of a sender, all scripted.
struct DemoWorld: Sendable {
    let domain: DomainName
    let recordName: DomainName
    let policyHost: DomainName
    let dns = ScriptedDNS()
    let http = ScriptedHTTPS()
    let wallClock = ManualWallClock()
    let clock = ManualMonotonicClock()

    init() throws {
        domain = try DomainName(parsing: "example.com")
        recordName = try DomainName(parsing: "_mta-sts.example.com")
        policyHost = try DomainName(parsing: "mta-sts.example.com")
    }

    /// Publishes a policy and the record with its id.
    func publish(_ mode: STSPolicy.Mode, id: String) {
        dns.answer(.txt([record(id)], timeToLive: .seconds(3_600)), at: recordName)
        http.answer(.policy(policyText(mode)), at: policyHost)
    }

    func record(_ id: String) -> String { "v=STSv1; id=\(id);" }

    func policyText(_ mode: STSPolicy.Mode) -> String {
        """
        version: STSv1
        mode: \(mode.rawValue)
        mx: *.mx.example.com
        mx: backup.example.net
        max_age: 604800

        """
    }

    /// A sender in this world.
    func makeResolver() -> PolicyResolver {
        let configuration = ResolverConfiguration(wallClock: wallClock, monotonicClock: clock)
        return PolicyResolver(dns: dns, http: http, configuration: configuration)
    }

    /// Lets hours pass, in which the sender's refresh loop wakes up once.
    func pass(hours: Int64) async {
        wallClock.advance(bySeconds: hours * 3_600)
        clock.advance(by: .seconds(hours * 3_600))
        await clock.waitForSleepers()
    }

    /// The four MX hosts in MX order, with what the sender sees at each.
    func hosts() throws -> [DemoHost] {
        [
            DemoHost(
                name: try DomainName(parsing: "mx.evil.example"),
                tls: .established(.valid),
                seen: "TLS, valid certificate"
            ),
            DemoHost(
                name: try DomainName(parsing: "a.mx.example.com"),
                tls: .startTLSNotOffered(),
                seen: "no STARTTLS offered"
            ),
            DemoHost(
                name: try DomainName(parsing: "b.mx.example.com"),
                tls: .established(.expired),
                seen: "TLS, expired certificate"
            ),
            DemoHost(
                name: try DomainName(parsing: "backup.example.net"),
                tls: .established(.valid),
                seen: "TLS, valid certificate"
            ),
        ]
    }
}

/// An MX host and what a sender sees there.
struct DemoHost: Sendable {
    let name: DomainName
    let tls: TLSObservation
    let seen: String
}
