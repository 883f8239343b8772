// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting

extension StoreWriter {
    /// Says the policy in force, how often it was fetched, and what an operator would be told. The record is there; the
    /// policy host answers only if it is up.
    static func resolve(_ store: FilePolicyStore, _ domain: DomainName, isUp: Bool) async throws {
        let (dns, https) = (ScriptedDNS(), ScriptedHTTPS())
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        if isUp {
            let text = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n"
            https.publishPolicy(text, for: domain)
        }
        let resolver = PolicyResolver(dns: dns, http: https, cache: PolicyCache(store: store))
        let mode = try await resolver.resolve(.domain(domain)).policy?.mode.rawValue ?? "none"
        let known = resolver.peek(.domain(domain))?.policy?.mode.rawValue ?? "none"
        say("\(mode), then \(known), \(https.requests.count) GET")
        say("clock \(SystemWallClock().now)")
    }
}
