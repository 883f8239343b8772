// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSRecord

/// Remembers which fetches failed, by domain and id (RFC 8461 section 3.3). It is state of a resolver, on the monotonic
/// clock, and never a policy.
///
/// A new id may be tried at once; a domain whose id changes with every query gets no more than a few tries within the
/// time.
final class BackOff: Sendable {
    private struct Failure: Sendable {
        let id: STSRecord.ID
        let until: MonotonicTime
    }

    private static let idsPerDomain = 4
    private let failures: ShardedMap<[Failure]>
    private let delay: Duration

    init(delay: Duration, capacity: Int) {
        self.delay = delay
        self.failures = ShardedMap(capacity: capacity)
    }

    /// When a fetch may be tried again; nil if it may be now.
    func blockedUntil(_ domain: DomainName, _ id: STSRecord.ID, now: MonotonicTime) -> MonotonicTime? {
        failures.withValue(of: domain) { failures in
            failures.removeAll { $0.until <= now }
            if let failure = failures.first(where: { $0.id == id }) { return failure.until }
            return failures.count < Self.idsPerDomain ? nil : failures.map(\.until).min()
        } ?? nil
    }

    func recordFailure(_ domain: DomainName, _ id: STSRecord.ID, now: MonotonicTime) {
        let failure = Failure(id: id, until: now.advanced(by: delay))
        _ = failures.update(domain, initial: []) { failures in
            failures.removeAll { $0.id == id || $0.until <= now }
            failures.append(failure)
            if failures.count > Self.idsPerDomain { failures.removeFirst() }
        }
    }

    /// The other ids of the domain still wait: a success of one says nothing of them.
    func recordSuccess(_ domain: DomainName, _ id: STSRecord.ID) {
        _ = failures.withValue(of: domain) { $0.removeAll { $0.id == id } }
    }

    /// The ids that wait, and until when.
    func waiting(_ domain: DomainName, now: MonotonicTime) -> [(id: STSRecord.ID, until: MonotonicTime)] {
        failures.withValue(of: domain) { failures in
            failures.filter { $0.until > now }.map { ($0.id, $0.until) }
        } ?? []
    }
}
