// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import RequirementTrait
import Synchronization
import Testing

/// A resolver on a real DNS server and real HTTPS servers, through both transports.
@Suite(.serialized) struct ResolverTests {
    /// How long a fetch may take here; the drip and the silent servers meet it.
    static let deadline = Duration.seconds(2)

    struct Case: Sendable, CustomTestStringConvertible {
        let scenario: Scenario
        let stack: HTTPStack
        let isCached: Bool

        var testDescription: String {
            "\(scenario.name)\(scenario.isGuarded ? " guarded" : "") \(stack.rawValue)\(isCached ? " cached" : "")"
        }
    }

    static let cases = Scenario.all.flatMap { scenario in
        HTTPStack.allCases.flatMap { stack in
            [false, true].map { Case(scenario: scenario, stack: stack, isCached: $0) }
        }
    }

    @Test(
        .proves(
            "R-DISC-10",
            "R-DISC-11",
            "R-DISC-12",
            "R-DISC-13",
            "R-DISC-15",
            "R-DISC-28",
            "R-FETCH-03",
            "R-FETCH-04",
            "R-FETCH-05",
            "R-FETCH-09",
            "R-FETCH-10",
            "R-FETCH-13",
            "R-FETCH-15",
            "R-FETCH-16",
            "R-FETCH-17",
            "R-FETCH-18",
            "R-FETCH-22",
            "R-FETCH-23",
            "R-FETCH-25",
            "R-FETCH-27",
            "R-REP-01",
            "R-REP-02",
            "R-RES-09",
            "R-RES-11"
        ),
        arguments: cases
    )
    func resolution(_ item: Case) async throws {
        let scenario = item.scenario
        let domain = try #require(DomainName("\(scenario.name).example"))
        let store = MemoryPolicyStore()
        let cached = try Self.cachedPolicy()
        if item.isCached { _ = store.put(cached, for: domain, replacing: nil) }
        let (resolver, shutdown) = try Self.resolver(scenario, item.stack, store)
        let start = ContinuousClock.now
        let resolution = try await resolver.resolve(.domain(domain))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        await shutdown()
        let seen = Self.outcome(resolution, cached)
        let expected = item.isCached ? Self.expectedWithCache(scenario.outcome) : scenario.outcome.description
        print("| \(item.testDescription) | \(expected) | \(seen) | \(Self.rounded(seconds)) |")
        #expect(seen == expected)
        #expect(seconds < scenario.limit)
        #expect(resolution.discoveryFindings.compactMap(\.resultType) == Self.findings(item))
        if item.isCached, resolution.cachedPolicy == cached {
            #expect(store.entry(for: domain)?.policy == cached)
        }
    }

    private static func cachedPolicy() throws -> CachedPolicy {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: cached.example.com\r\nmax_age: 86400\r\n"
        return CachedPolicy(
            policy: try STSPolicy(parsing: text),
            recordID: STSRecord.ID("cached"),
            fetchedAt: SystemWallClock().now.advanced(bySeconds: -3_600),
            lastRequestedAt: SystemWallClock().now
        )
    }

    private static func resolver(
        _ scenario: Scenario,
        _ stack: HTTPStack,
        _ store: any PolicyStore
    ) throws -> (PolicyResolver, @Sendable () async -> Void) {
        let dnsWorld = try DNSWorld()
        let address = scenario.server == .scripted ? dnsWorld.scripted : dnsWorld.resolver
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: address), timeout: .seconds(1), attempts: 2)
        let transport = try stack.transport(
            in: try HTTPSWorld(),
            gate: ConnectionGate(refusesNonPublicAddresses: scenario.isGuarded),
            connectTimeout: .seconds(1)
        )
        var configuration = ResolverConfiguration()
        configuration.fetchDeadline = deadline
        let resolver = PolicyResolver(
            dns: dns,
            http: transport.http,
            cache: PolicyCache(store: store),
            configuration: configuration
        )
        return (resolver, transport.shutdown)
    }

    private static func outcome(_ resolution: PolicyResolution, _ cached: CachedPolicy) -> String {
        let failure = resolution.failure.map { failure -> String in
            switch failure {
            case .dns(let failure): "DNS: \(failure.code.rawValue)"
            case .record(let fault): "no record: \(fault)"
            case .fetch(let failure): failure.resultType.rawValue
            case .overloaded: "overloaded"
            }
        }
        switch resolution.state {
        case .policy(let policy, _):
            let text = resolution.cachedPolicy == cached ? "cached policy" : "policy \(policy.mode.rawValue)"
            return text + (failure.map { ", \($0)" } ?? "")
        case .noPolicy(.record(let fault)): return "no record: \(fault)"
        case .noPolicy: return failure ?? "no policy"
        case .pending: return "pending"
        }
    }

    private static func expectedWithCache(_ outcome: Scenario.Outcome) -> String {
        if case .policy = outcome { outcome.description } else { "cached policy, \(outcome)" }
    }

    private static func findings(_ item: Case) -> [TLSResultType] {
        switch item.scenario.outcome {
        case .policy: []
        case .noRecord, .dnsFailure: item.isCached ? [.stsPolicyFetchError] : []
        case .fetchFailure(let type): [type]
        }
    }

    private static func rounded(_ seconds: Double) -> String { String(Double(Int(seconds * 100)) / 100) }
}
