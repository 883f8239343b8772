// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting

/// Domains with their policies, the same in every run: 80 of 100 domains publish one of 50 texts, the n-th in proportion
/// to 1/n (Zipf), 20 publish a text of their own.
struct Population: Sendable {
    let domains: [DomainName]

    init(_ count: Int) throws {
        let ends = ["com", "org", "net", "de", "co.example", "example"]
        domains = try (0..<count).map { number in
            // Lengths differ, as those of real names do.
            let word = String(repeating: "mail", count: number % 4)
            return try DomainName(parsing: "d\(number)\(word).\(ends[number % ends.count])")
        }
    }

    static let sharedTexts = (1...50).map { number in
        """
        version: STSv1
        mode: enforce
        mx: *.mail.provider\(number).example
        mx: *.relay.provider\(number).example
        max_age: 604800

        """
    }

    /// The end of the share of each text, of 65,536 in all.
    private static let ends: [UInt64] = {
        let weights = (1...50).map { 1 / Double($0) }
        let whole = weights.reduce(0, +)
        var sum = 0.0
        return weights.map { weight in
            sum += weight
            return UInt64(sum / whole * 65_536)
        }
    }()

    static func policyText(of domain: DomainName) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in domain.description.utf8 { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ hash >> 29) &* 0x9E37_79B9_7F4A_7C15
        guard (hash >> 32) % 100 < 80 else {
            return "version: STSv1\nmode: enforce\nmx: mail.\(domain)\nmx: mx2.\(domain)\nmax_age: 604800\n"
        }
        let place = hash & 0xFFFF
        return sharedTexts[ends.firstIndex { place < $0 } ?? 0]
    }
}

/// DNS and HTTPS of a population, in memory: nothing is awaited.
struct PopulationTransport: DNSTransport, HTTPTransport {
    private static let record = TXTRecord("v=STSv1; id=20160831085700Z;")

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        DNSAnswer(.records([Self.record]), timeToLive: .seconds(3_600))
    }

    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        let domain = DomainName(String(request.host.description.dropFirst("mta-sts.".utf8.count)))
        let text = domain.map(Population.policyText(of:)) ?? ""
        return HTTPResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
    }
}

/// A resolver that knows the policies of a population. Its clocks are the system's, since a look-up reads them.
public struct World: Sendable {
    let resolver: PolicyResolver
    let nextHops: [NextHop]

    init(_ count: Int) async throws {
        let population = try Population(count)
        nextHops = population.domains.map { .domain($0) }
        let transport = PopulationTransport()
        // Each shard has its own share of the room; some to spare keeps all.
        let cache = PolicyCache(capacity: count + count / 4 + 1_000)
        resolver = PolicyResolver(dns: transport, http: transport, cache: cache)
        for nextHop in nextHops { _ = try await resolver.resolve(nextHop) }
        guard cache.statistics.policiesInMemory == count else { throw IncompleteWorld() }
    }

    /// One world of each size at most is made, and only the last is kept.
    actor Last {
        static let shared = Last()
        private var task: (count: Int, task: Task<World, any Error>)?

        func world(_ count: Int) async throws -> World {
            if let task, task.count == count { return try await task.task.value }
            let made = Task { try await World(count) }
            task = (count, made)
            return try await made.value
        }
    }
}

struct IncompleteWorld: Error {}
