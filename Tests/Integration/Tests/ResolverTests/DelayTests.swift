// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import Testing

/// What a delivery waits for the policy, on real servers without a network between: the numbers of
/// Documentation/WorthIt.md. What they rest on is asserted, the times themselves only loosely.
@Suite(.serialized) struct DelayTests {
    private static let rounds = 100

    /// A domain, and what is measured of it.
    private struct Row {
        let what: String
        let asked: String
        var times: [Duration] = []

        func line(_ stack: HTTPStack) -> String {
            let sorted = times.sorted()
            func text(_ percent: Int) -> String {
                let duration = sorted[min(sorted.count - 1, sorted.count * percent / 100)]
                let microseconds = duration.components.attoseconds / 1_000_000_000_000
                return microseconds < 1_000 ? "\(microseconds) us" : "\(Double(microseconds / 10) / 100) ms"
            }
            return
                "| delay, \(stack.rawValue): \(what) | \(asked) | median \(text(50)) | 95 of 100 within \(text(95)) |"
        }
    }

    @Test(arguments: HTTPStack.allCases) func delayOfADelivery(stack: HTTPStack) async throws {
        let dnsServer = try SystemDNS.Server(parsing: try DNSWorld().resolver)
        let transport = try stack.transport(in: try HTTPSWorld())
        let withPolicy = try #require(DomainName("enforce.example"))
        let without = try #require(DomainName("no-record.example"))
        var rows = [
            Row(what: "no record, first message", asked: "1 query"),
            Row(what: "no record, remembered", asked: "nothing"),
            Row(what: "policy, first message", asked: "1 query, 1 fetch"),
            Row(what: "policy, from the cache", asked: "nothing"),
            Row(what: "policy, record looked up again", asked: "1 query"),
        ]
        for _ in 0..<Self.rounds {
            let clock = ManualMonotonicClock()
            let resolver = PolicyResolver(
                dns: SystemDNS(server: dnsServer),
                http: transport.http,
                configuration: ResolverConfiguration(monotonicClock: clock)
            )
            func measure(_ row: Int, _ domain: DomainName, isPolicy: Bool) async throws {
                let start = ContinuousClock.now
                let resolution = try await resolver.resolve(.domain(domain))
                rows[row].times.append(ContinuousClock.now - start)
                #expect((resolution.policy?.mode == .enforce) == isPolicy && resolution.failure == nil || !isPolicy)
            }
            try await measure(0, without, isPolicy: false)
            #expect(resolver.peek(.domain(without)) != nil)
            try await measure(1, without, isPolicy: false)
            try await measure(2, withPolicy, isPolicy: true)
            #expect(resolver.peek(.domain(withPolicy)) != nil)
            try await measure(3, withPolicy, isPolicy: true)
            clock.advance(by: .seconds(3_601))
            #expect(resolver.peek(.domain(withPolicy)) == nil)
            try await measure(4, withPolicy, isPolicy: true)
        }
        await transport.shutdown()
        for row in rows {
            print(row.line(stack))
            #expect(row.times.count == Self.rounds && row.times.sorted()[Self.rounds / 2] < .seconds(1))
        }
    }
}
