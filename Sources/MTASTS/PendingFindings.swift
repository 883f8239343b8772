// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
import Synchronization
internal import TLSRPT

/// What the search for a policy came to, and the text that it is about.
struct DiscoveryFinding: Hashable, Sendable {
    let finding: TLSFinding
    /// The invalid policy, as in ``FetchFailure/invalidText``; empty for other causes.
    var invalidText: [UInt8] = []
}

/// Findings of look-ups and refreshes that wait for a resolution to carry them, so that each is counted once however
/// many callers a look-up has.
final class PendingFindings: Sendable {
    private static let findingsPerDomain = 8
    /// The octets of all texts that are kept; beyond them a finding goes without its own.
    private static let textOctets = 16 << 20

    private let findings: ShardedMap<[DiscoveryFinding]>
    private let count = Atomic<Int>(0)
    private let octets = Atomic<Int>(0)

    init(capacity: Int) { findings = ShardedMap(capacity: capacity) }

    func add(_ finding: DiscoveryFinding, for domain: DomainName) {
        var finding = finding
        let size = finding.invalidText.count
        if octets.add(size, ordering: .relaxed).newValue > Self.textOctets {
            octets.subtract(size, ordering: .relaxed)
            finding.invalidText = []
        }
        let (isAdded, evicted) = findings.update(domain, initial: []) { findings in
            guard findings.count < Self.findingsPerDomain else { return false }
            findings.append(finding)
            return true
        }
        if isAdded { count.add(1, ordering: .relaxed) } else { forgetText(of: [finding]) }
        for entry in evicted { forget(entry.value) }
    }

    /// The findings of a domain, which are then gone.
    func take(for domain: DomainName) -> [DiscoveryFinding] {
        // The warm path asks on every message, and there is nearly never anything.
        guard count.load(ordering: .relaxed) > 0, let taken = findings.remove(domain) else { return [] }
        forget(taken)
        return taken
    }

    private func forget(_ gone: [DiscoveryFinding]) {
        count.subtract(gone.count, ordering: .relaxed)
        forgetText(of: gone)
    }

    private func forgetText(of gone: [DiscoveryFinding]) {
        octets.subtract(gone.reduce(0) { $0 + $1.invalidText.count }, ordering: .relaxed)
    }
}
