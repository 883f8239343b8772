// SPDX-License-Identifier: Apache-2.0

import CHeap
import MTASTS

/// What a million cached policies take of the heap.
public enum Memory {
    /// Octets per domain: those of the name's own storage, and all else that a resolver holds for it.
    public struct Shares: Sendable {
        /// The characters of the name, beyond the 16 octets in place.
        public let name: Double
        /// The policy, its place in the cache, its share of the texts.
        public let policy: Double
    }

    private static var octetsInUse: Int { Int(heap_octets_in_use()) }

    /// Fills a resolver with the policies of so many domains and weighs it.
    public static func shares(of count: Int) async throws -> Shares {
        let start = octetsInUse
        let population = try Population(count)
        // The array of names is not the cache's.
        let names = octetsInUse - start - population.domains.capacity * MemoryLayout<DomainName>.stride
        let transport = PopulationTransport()
        let beforeCache = octetsInUse
        let cache = PolicyCache(capacity: count + count / 4 + 1_000)
        let resolver = PolicyResolver(dns: transport, http: transport, cache: cache)
        for domain in population.domains { _ = try await resolver.resolve(.domain(domain)) }
        guard cache.statistics.policiesInMemory == count else { throw IncompleteWorld() }
        let policies = octetsInUse - beforeCache
        return Shares(name: Double(names) / Double(count), policy: Double(policies) / Double(count))
    }
}
