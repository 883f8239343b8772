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
    private let domains = Atomic<Int>(0)

    init(capacity: Int) { findings = ShardedMap(capacity: capacity) }

    func add(_ finding: TLSFinding, for domain: DomainName) {
        let isKnown =
            findings.withValue(of: domain) { findings in
                if findings.count < Self.findingsPerDomain { findings.append(finding) }
                return true
            } ?? false
        guard !isKnown else { return }
        if findings.set([finding], for: domain, rank: { _ in 0 }) == nil {
            domains.add(1, ordering: .relaxed)
        }
    }

    /// The findings of a domain, which are then gone.
    func take(for domain: DomainName) -> [TLSFinding] {
        // The warm path asks on every message, and there is nearly never anything.
        guard domains.load(ordering: .relaxed) > 0, let taken = findings.remove(domain) else { return [] }
        domains.subtract(1, ordering: .relaxed)
        return taken
    }
}
