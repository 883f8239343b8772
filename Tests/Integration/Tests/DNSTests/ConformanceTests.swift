// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import RequirementTrait
import Testing

/// SystemDNS under the suite of DNS transports.
struct ConformanceTests {
    private let world: DNSWorld

    init() throws { world = try DNSWorld() }

    private func suite() throws -> DNSTransportSuite {
        try DNSTransportSuite(
            origin: "dns-suite.example",
            failingName: DomainName("_mta-sts.suite.servfail.example"),
            silentName: DomainName("_mta-sts.suite.silent.example"),
            timeLimit: .seconds(10)
        )
    }

    @Test(.proves("R-DISC-10", "R-DISC-11", "R-DISC-27")) func keepsThePromisesThroughAResolver() async throws {
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: world.resolver), timeout: .seconds(2))
        #expect(await (try suite()).run(dns) == [])
    }

    /// Whether the world has no IPv6, because the host has no `::1`.
    private static let isWithoutIPv6: Bool = {
        if let world = try? DNSWorld() { world.resolver6 == nil } else { false }
    }()

    @Test(.disabled(if: isWithoutIPv6, "there is no ::1")) func keepsThePromisesOverIPv6() async throws {
        let resolver6 = try #require(world.resolver6)
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: resolver6), timeout: .seconds(2))
        #expect(await (try suite()).run(dns) == [])
    }

    /// The authority chases aliases within its zone alone, and refuses the names of other zones.
    @Test func keepsThePromisesOfTheZoneThroughItsAuthority() async throws {
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: world.authority), timeout: .seconds(2))
        #expect(await (try DNSTransportSuite(origin: "dns-suite.example")).run(dns) == [])
    }

    @Test func theZoneServedIsTheSuites() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../world/dns/dns-suite.zone").standardized
        let served = try String(contentsOf: file, encoding: .utf8)
        let isCurrent = try served == DNSTransportSuite(origin: "dns-suite.example").zoneFile
        #expect(isCurrent, "write DNSTransportSuite's zoneFile to \(file.path) and start the world again")
    }
}
