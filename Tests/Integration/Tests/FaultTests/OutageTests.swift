// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSSystemDNS
import MTASTSTesting
import Synchronization
import Testing

@testable import MTASTS

/// A simulated day, with a message every ten seconds and a refresh round every minute, on a real DNS server, a real
/// HTTPS server and a real file store. The policy lives for a day.
@Suite(.serialized) struct OutageTests {
    struct Outage: Sendable, CustomTestStringConvertible {
        let name: String
        /// Whether DNS and HTTPS answer in an hour of the day.
        let isUp: @Sendable (_ hour: Int) -> (dns: Bool, https: Bool)
        /// Whether the policy is in force past its max_age: it was refreshed.
        let outlives: Bool
        /// The most queries, and the most requests, of which none is due but at refreshes.
        let queries: Int
        let requests: Int
        let told: [String]

        var testDescription: String { name }
    }

    @Test(arguments: [
        Outage(
            name: "dns",
            isUp: { _ in (false, true) },
            outlives: true,
            queries: 2 * 1_440 + 10,
            requests: 5,
            told: ["discoveryFailed"]
        ),
        Outage(
            name: "https",
            isUp: { _ in (true, false) },
            outlives: false,
            queries: 1_440 + 20,
            requests: 12,
            told: ["refreshFailed", "lapsing", "lapsed"]
        ),
        Outage(
            name: "both",
            isUp: { _ in (false, false) },
            outlives: false,
            queries: 2 * 1_440 + 20,
            requests: 12,
            told: ["discoveryFailed", "refreshFailed", "lapsing", "lapsed"]
        ),
        Outage(
            name: "flapping",
            isUp: { ($0 % 2 == 0, $0 % 2 == 0) },
            outlives: true,
            queries: 3 * 720 + 20,
            requests: 12,
            told: ["discoveryFailed"]
        ),
    ])
    func day(_ outage: Outage) async throws {
        let (dnsWorld, httpsWorld, scratch) = (try DNSWorld(), try HTTPSWorld(), try Scratch())
        defer { try? dnsWorld.setOutage(false) }
        try dnsWorld.setOutage(false)
        let host = "\(outage.name).outage"
        let domain = try #require(httpsWorld.hosts[host]?.domain)
        let http = try SwitchedHTTPS(httpsWorld)
        let server = try SystemDNS.Server(parsing: dnsWorld.scripted)
        let dns = SystemDNS(server: server, timeout: .seconds(2), attempts: 1)
        let world = try FaultWorld(scratch.store, otherDNS: dns, otherHTTP: http)
        #expect(try await world.policy(domain)?.mode == .enforce)
        let recordName = try #require(domain.stsRecordName).description
        let queriesBefore = dnsWorld.scriptedQueries(for: recordName).count
        let lapsed = try await passDay(world, domain) { hour in
            let isUp = outage.isUp(hour)
            try dnsWorld.setOutage(!isUp.dns)
            http.isUp = isUp.https
        }
        // A second after its max_age.
        world.pass(seconds: 1)
        #expect(try await (world.policy(domain) != nil) == outage.outlives)
        let queries = dnsWorld.scriptedQueries(for: recordName).count - queriesBefore
        let told = await world.events()
        await http.shutdown()
        let stored = try await world.stored(domain)
        #expect(lapsed == 0 && stored != nil && queries <= outage.queries && http.requests - 1 <= outage.requests)
        for name in outage.told { #expect(told.count(name) > 0, "\(name)") }
        FaultTable.row(
            "\(outage.name == "dns" ? "DNS" : outage.name == "https" ? "HTTPS" : outage.name) down for a day"
                .replacingOccurrences(of: "flapping down for a day", with: "both up and down each hour"),
            expected: "in force to max_age\(outage.outlives ? " and refreshed" : ", not after"); "
                + "<= \(outage.queries) queries, <= \(outage.requests) GETs",
            seen: "in force for \(8_640 - lapsed) of 8640 messages, \(outage.outlives ? "on" : "none") after it; "
                + "\(queries) queries, \(http.requests - 1) GETs",
            told: told.summary
        )
    }

    /// Returns how many messages found no policy in force within its max_age.
    private func passDay(
        _ world: FaultWorld,
        _ domain: DomainName,
        beginHour: (Int) throws -> Void
    ) async throws -> Int {
        var lapsed = 0
        for step in 0..<8_640 {
            if step % 360 == 0 { try beginHour(step / 360) }
            world.pass(seconds: 10)
            if try await world.policy(domain)?.mode != .enforce { lapsed += 1 }
            if step % 6 == 5 { await world.resolver.refreshDue() }
        }
        return lapsed
    }
}

/// The real servers, or ports where nobody listens.
private final class SwitchedHTTPS: HTTPTransport {
    private let up: HTTPStack.Running
    private let down: HTTPStack.Running
    private let state = Mutex((isUp: true, requests: 0))

    init(_ world: HTTPSWorld) throws {
        up = try HTTPStack.curl.transport(in: world)
        let address = try #require(IPAddress("127.0.8.250"))
        down = try HTTPStack.curl.transport(
            in: world,
            endpoints: EndpointOverride(others: .init(addresses: [address], port: world.port))
        )
    }

    var isUp: Bool {
        get { state.withLock { $0.isUp } }
        set { state.withLock { $0.isUp = newValue } }
    }

    var requests: Int { state.withLock { $0.requests } }

    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        let isUp = state.withLock { state in
            state.requests += 1
            return state.isUp
        }
        return try await (isUp ? up : down).http.fetch(request)
    }

    func shutdown() async {
        await up.shutdown()
        await down.shutdown()
    }
}
