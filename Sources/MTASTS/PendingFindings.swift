// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
import Synchronization
internal import TLSRPT

/// Findings of look-ups and refreshes that wait for a resolution to carry them, so that each is counted once however
/// many callers a look-up has.
final class PendingFindings: Sendable {
    private static let findingsPerDomain = 8
    private let findings: ShardedMap<[TLSFinding]>
    private let count = Atomic<Int>(0)

    init(capacity: Int) { findings = ShardedMap(capacity: capacity) }

    func add(_ finding: TLSFinding, for domain: DomainName) {
        let (isAdded, evicted) = findings.update(domain, initial: []) { findings in
            guard findings.count < Self.findingsPerDomain else { return false }
            findings.append(finding)
            return true
        }
        let gone = evicted.reduce(0) { $0 + $1.value.count }
        count.add((isAdded ? 1 : 0) - gone, ordering: .relaxed)
    }

    /// The findings of a domain, which are then gone.
    func take(for domain: DomainName) -> [TLSFinding] {
        // The warm path asks on every message, and there is nearly never anything.
        guard count.load(ordering: .relaxed) > 0, let taken = findings.remove(domain) else { return [] }
        count.subtract(taken.count, ordering: .relaxed)
        return taken
    }
}
