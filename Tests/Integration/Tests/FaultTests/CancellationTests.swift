// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTSSystemDNS
import MTASTSTesting
import Testing

@testable import MTASTS

/// Ten thousand callers that are cancelled half-way.
@Suite(.serialized) struct CancellationTests {
    private static let callers = 10_000
    private static let rounds = 5

    private struct Row {
        var cancelled = 0
        var slowest = Duration.zero
        var growth = 0

        func print(_ fault: String, next: String) {
            FaultTable.row(
                fault,
                expected: "CancellationError at once, no flight left, no growth, the next caller works",
                seen: "\(cancelled) of \(CancellationTests.callers * CancellationTests.rounds) so, within "
                    + "\(Int(slowest / .milliseconds(1))) ms; 0 flights; \(FaultTable.mebibytes(growth)) more after "
                    + "\(CancellationTests.rounds) rounds than after one; next: \(next)",
                told: "none is due"
            )
        }
    }

    /// Waits until all callers wait, cancels them, and waits until the last has returned; several times.
    private func cancel(
        _ resolver: PolicyResolver,
        _ domains: [DomainName],
        isHalfWay: () -> Bool
    ) async throws -> Row {
        var row = Row()
        var resident = 0
        for round in 0..<Self.rounds {
            let tasks = (0..<Self.callers).map { number in
                Task { try await resolver.resolve(.domain(domains[number % domains.count])) }
            }
            let end = ContinuousClock.now + .seconds(60)
            while resolver.flights.waiterCount < Self.callers || !isHalfWay() {
                try #require(ContinuousClock.now < end)
                await Task.yield()
            }
            let begin = ContinuousClock.now
            for task in tasks { task.cancel() }
            for task in tasks {
                if case .failure(let error) = await task.result, error is CancellationError { row.cancelled += 1 }
            }
            row.slowest = max(row.slowest, ContinuousClock.now - begin)
            #expect(resolver.flights.flightCount == 0)
            if round == 0 {
                HTTPSProcessMemory.trim()
                resident = try HTTPSProcessMemory.resident()
            }
        }
        HTTPSProcessMemory.trim()
        row.growth = max(0, try HTTPSProcessMemory.resident() - resident)
        #expect(row.cancelled == Self.callers * Self.rounds)
        #expect(row.slowest < .seconds(5) && row.growth < 32 << 20)
        return row
    }

    /// A real DNS server that does not answer yet, and a real HTTPS server.
    @Test func oneDomain() async throws {
        let (dnsWorld, httpsWorld) = (try DNSWorld(), try HTTPSWorld())
        let domain = try #require(httpsWorld.hosts["flight-a.hold"]?.domain)
        let recordName = try #require(domain.stsRecordName).description
        try? dnsWorld.hold(recordName)
        let transport = try HTTPStack.curl.transport(in: httpsWorld)
        let server = try SystemDNS.Server(parsing: dnsWorld.scripted)
        let dns = SystemDNS(server: server, timeout: .seconds(60), attempts: 1)
        let world = try FaultWorld(nil, otherDNS: dns, otherHTTP: transport.http)
        let row = try await cancel(world.resolver, [domain]) { true }
        try dnsWorld.release(recordName)
        #expect(try await world.policy(domain)?.mode == .enforce)
        await transport.shutdown()
        row.print("10,000 callers of one domain cancelled, real servers", next: "policy enforce")
    }

    @Test(arguments: [true, false]) func manyDomains(inDNS: Bool) async throws {
        let world = try FaultWorld(nil)
        // More would be refused before they wait for a fetch.
        let domains = try (0..<(inDNS ? Self.callers : Self.callers / 4)).map { try world.publish($0) }
        let (names, hosts) = (domains.compactMap(\.stsRecordName), domains.compactMap(\.policyHost))
        if inDNS { names.forEach(world.dns.hold) } else { hosts.forEach(world.https.hold) }
        // As many as there may be fetches.
        let row = try await cancel(world.resolver, domains) { inDNS || world.https.requests.count >= 64 }
        if inDNS { names.forEach(world.dns.release) } else { hosts.forEach(world.https.release) }
        var served = 0
        for domain in domains.prefix(1_000) where try await world.id(domain) == 1 { served += 1 }
        #expect(served == 1_000)
        let place = inDNS ? "in DNS" : "in the fetch or waiting for it"
        row.print("10,000 callers of \(domains.count) domains cancelled \(place)", next: "\(served) of 1,000 policies")
    }
}
