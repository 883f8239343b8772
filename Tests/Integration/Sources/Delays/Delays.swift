// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting

/// Measures what MTA-STS adds to a delivery, on the servers of the world, and prints a table: `Tests/delays`.
@main
struct Delays {
    private static let count = 200

    /// Something measured was not what the row says.
    private struct Unexpected: Error, CustomStringConvertible {
        let description: String
    }

    private let domain: DomainName
    private let dns: SystemDNS
    private let https: HTTPSWorld

    init() throws {
        https = try HTTPSWorld()
        guard let host = https.hosts["enforce"] else {
            throw Unexpected(description: "the world has no enforce.example")
        }
        domain = host.domain
        dns = SystemDNS(server: try SystemDNS.Server(parsing: try DNSWorld().resolver))
    }

    static func main() async throws {
        let delays = try Delays()
        print("| A delivery to | median | p95 |\n|---|---|---|")
        try await delays.withoutPolicy()
        for stack in HTTPStack.allCases { try await delays.firstContact(stack) }
        try await delays.afterARestart()
        try await delays.warm()
        try await delays.recordDue()
        try await delays.duringRefresh()
    }

    private func withoutPolicy() async throws {
        let resolver = PolicyResolver(dns: dns, http: ScriptedHTTPS())
        var names: [DomainName] = []
        for _ in 0..<Self.count {
            guard let name = DomainName("t\(UInt64.random(in: .min ... .max)).example") else { continue }
            names.append(name)
        }
        var unasked = names[...]
        try await measure("a domain without a policy, asked for the first time") {
            guard let name = unasked.popFirst() else { return }
            let resolution = try await resolver.resolve(.domain(name))
            guard case .noPolicy(.record(.absent)) = resolution.state else {
                throw Unexpected(description: "\(name): \(resolution.state)")
            }
        }
        var known = names[...]
        try await measure("a domain without a policy, while that is remembered") {
            guard let name = known.popFirst() else { return }
            guard case .noPolicy = try await resolver.resolve(.domain(name)).state else {
                throw Unexpected(description: "\(name) has a policy")
            }
        }
        guard unasked.isEmpty, known.isEmpty else { throw Unexpected(description: "names are left") }
    }

    private func firstContact(_ stack: HTTPStack) async throws {
        let transport = try stack.transport(in: https)
        var resolver = PolicyResolver(dns: dns, http: transport.http)
        try await measure("a domain with a policy, never fetched (\(stack.rawValue))") {
            resolver = PolicyResolver(dns: dns, http: transport.http)
        } of: {
            try expectPolicy(try await resolver.resolve(.domain(domain)))
        }
        await transport.shutdown()
    }

    private func afterARestart() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "delays-\(UInt64.random(in: .min ... .max))"
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try FilePolicyStore(directory: folder.path)
        let transport = try HTTPStack.curl.transport(in: https)
        let first = PolicyResolver(dns: dns, http: transport.http, cache: PolicyCache(store: store))
        try expectPolicy(try await first.resolve(.domain(domain)))
        await transport.shutdown()
        var resolver = first
        try await measure("a domain whose policy is in the file store, first message after a restart") {
            resolver = PolicyResolver(dns: dns, http: ScriptedHTTPS(), cache: PolicyCache(store: store))
        } of: {
            try expectPolicy(try await resolver.resolve(.domain(domain)))
        }
    }

    private func warm() async throws {
        let transport = try HTTPStack.curl.transport(in: https)
        let resolver = PolicyResolver(dns: dns, http: transport.http)
        let resolution = try await resolver.resolve(.domain(domain))
        await transport.shutdown()
        try expectPolicy(resolution)
        let nextHop = NextHop.domain(domain)
        try await measure("a domain whose policy is in memory (`peek`)") { try expectPolicy(resolver.peek(nextHop)) }
        try await measure("a domain whose policy is in memory (`resolve`)") {
            try expectPolicy(try await resolver.resolve(nextHop))
        }
        guard let host = DomainName("mail.example.com") else { return }
        try await measure("each MX host: the two decisions, before and after the handshake") {
            for seen in [TLSObservation.notAttempted, .established(.valid)] {
                guard case .proceed = resolution.decision(forMX: host, tls: seen).action else {
                    throw Unexpected(description: "\(host) is skipped")
                }
            }
        }
    }

    private func recordDue() async throws {
        let clock = ManualMonotonicClock()
        let transport = try HTTPStack.curl.transport(in: https)
        let configuration = ResolverConfiguration(monotonicClock: clock)
        let resolver = PolicyResolver(dns: dns, http: transport.http, configuration: configuration)
        try expectPolicy(try await resolver.resolve(.domain(domain)))
        try await measure("a domain whose policy is in memory, once for each TTL: its record is looked up again") {
            clock.advance(by: .seconds(3_601))
            guard resolver.peek(.domain(domain)) == nil else { throw Unexpected(description: "no look-up is due") }
        } of: {
            try expectPolicy(try await resolver.resolve(.domain(domain)))
        }
        await transport.shutdown()
    }

    private func duringRefresh() async throws {
        let transport = try HTTPStack.curl.transport(in: https)
        let resolver = PolicyResolver(dns: dns, http: transport.http)
        try expectPolicy(try await resolver.resolve(.domain(domain)))
        let before = try https.requestCount(of: "enforce")
        let refreshing = Task { while !Task.isCancelled { await resolver.refresh(domain) } }
        try await measure("a domain whose policy is being refreshed at that moment") {
            try await Task.sleep(for: .milliseconds(3))
        } of: {
            try expectPolicy(try await resolver.resolve(.domain(domain)))
        }
        refreshing.cancel()
        await refreshing.value
        await transport.shutdown()
        let refreshes = try https.requestCount(of: "enforce") - before
        guard refreshes > Self.count / 4 else { throw Unexpected(description: "only \(refreshes) refreshes ran") }
    }

    private func expectPolicy(_ resolution: PolicyResolution?) throws {
        guard resolution?.policy?.mode == .enforce, resolution?.failure == nil else {
            throw Unexpected(description: "\(domain): \(resolution.map { "\($0.state)" } ?? "not known")")
        }
    }

    private func measure(
        _ row: String,
        after prepare: () async throws -> Void = {},
        of body: () async throws -> Void
    ) async throws {
        var durations: [Duration] = []
        for _ in 0..<Self.count {
            try await prepare()
            let start = ContinuousClock.now
            try await body()
            durations.append(ContinuousClock.now - start)
        }
        durations.sort()
        print("| \(row) | \(Self.text(durations[Self.count / 2])) | \(Self.text(durations[Self.count * 95 / 100])) |")
    }

    private static func text(_ duration: Duration) -> String {
        let microseconds = duration / .microseconds(1)
        if microseconds < 100 { return String(format: "%.2f µs", microseconds) }
        return String(format: "%.2f ms", microseconds / 1_000)
    }
}
