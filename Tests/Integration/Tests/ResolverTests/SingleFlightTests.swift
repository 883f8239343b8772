// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSSystemDNS
import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// Ten thousand callers, one query and one request, counted where they arrive.
@Suite(.serialized) struct SingleFlightTests {
    private static let callers = 10_000

    @Test(.proves("R-FETCH-20"), arguments: [(HTTPStack.asyncHTTPClient, "flight-a.hold"), (.curl, "flight-c.hold")])
    func aHeldAnswerIsSharedByAll(stack: HTTPStack, name: String) async throws {
        let dnsWorld = try DNSWorld()
        let httpsWorld = try HTTPSWorld()
        let domain = try #require(httpsWorld.hosts[name]?.domain)
        let recordName = try #require(domain.stsRecordName).description
        try? dnsWorld.hold(recordName)
        let queriesBefore = dnsWorld.scriptedQueries(for: recordName).count
        let requestsBefore = try httpsWorld.requestCount(of: name)
        let transport = try stack.transport(in: httpsWorld)
        let dns = SystemDNS(
            server: try SystemDNS.Server(parsing: dnsWorld.scripted),
            timeout: .seconds(60),
            attempts: 1
        )
        let resolver = PolicyResolver(dns: dns, http: transport.http)
        let tasks = (0..<Self.callers).map { _ in Task { try await resolver.resolve(.domain(domain)) } }
        try await waitUntil { resolver.flights.waiterCount == Self.callers }
        #expect(try httpsWorld.requestCount(of: name) == requestsBefore)
        try dnsWorld.release(recordName)
        for task in tasks { #expect(try await task.value.policy?.mode == .enforce) }
        await transport.shutdown()
        let queries = dnsWorld.scriptedQueries(for: recordName).count - queriesBefore
        let requests = try httpsWorld.requestCount(of: name) - requestsBefore
        print("| \(Self.callers) callers, \(stack.rawValue) | 1 query, 1 GET | \(queries) query, \(requests) GET | |")
        #expect(queries == 1 && requests == 1)
    }

    @Test(.proves("R-DISC-26")) func servfailReachesAllAndTheNextResolveAsksAgain() async throws {
        let dnsWorld = try DNSWorld()
        let name = DNSWorld.freshName("holdfail")
        let domain = try #require(DomainName(String(name.dropFirst("_mta-sts.".count))))
        let dns = SystemDNS(
            server: try SystemDNS.Server(parsing: dnsWorld.scripted),
            timeout: .seconds(60),
            attempts: 1
        )
        let resolver = PolicyResolver(dns: dns, http: ScriptedHTTPS())
        let tasks = (0..<Self.callers).map { _ in Task { try await resolver.resolve(.domain(domain)) } }
        try await waitUntil { resolver.flights.waiterCount == Self.callers }
        try dnsWorld.release(name)
        for task in tasks {
            guard case .dns(let failure) = try await task.value.failure else {
                Issue.record("no DNS failure")
                return
            }
            #expect(failure.code == .serverFailure)
        }
        #expect(dnsWorld.scriptedQueries(for: name) == ["TXT udp"])
        _ = try await resolver.resolve(.domain(domain))
        #expect(dnsWorld.scriptedQueries(for: name) == ["TXT udp", "TXT udp"])
        print(
            "| \(Self.callers) callers, SERVFAIL | 1 query, \(Self.callers) failures, then 1 more query | as expected | |"
        )
    }

    private func waitUntil(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < end)
            await Task.yield()
        }
    }
}
