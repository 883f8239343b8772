// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore

/// When refreshes are due, and which fail.
final class RefreshState: Sendable {
    struct Failing: Sendable {
        var failures: Int
        var nextAttempt: MonotonicTime
        /// The days left that the operator was last told of.
        var toldDaysLeft: Int
    }

    private static let firstRetry: Int64 = 300
    private static let lastRetry: Int64 = 21_600
    private static let day: Int64 = 86_400
    /// An entry that nobody asked for in this time lapses.
    private static let disuse: Int64 = 30 * day

    private let failing: ShardedMap<Failing>
    /// Differs between processes, so that those who share a store do not refresh in step.
    private let seed = UInt64.random(in: .min ... .max)

    init(capacity: Int) { failing = ShardedMap(capacity: capacity) }

    func failing(_ domain: DomainName) -> Failing? { failing.read(domain) }

    func succeeded(_ domain: DomainName) { failing.remove(domain) }

    /// Notes a failure: the next attempt follows after 5 minutes, doubling to 6 hours.
    func failed(_ domain: DomainName, now: MonotonicTime) -> Failing {
        failing.update(domain, initial: Failing(failures: 0, nextAttempt: now, toldDaysLeft: .max)) { failing in
            let delay = min(Self.firstRetry << Int64(min(failing.failures, 7)), Self.lastRetry)
            failing.failures = min(failing.failures + 1, 1_000_000)
            failing.nextAttempt = now.advanced(by: .seconds(delay))
            return failing
        }.result
    }

    func told(_ domain: DomainName, daysLeft: Int) {
        _ = failing.withValue(of: domain) { $0.toldDaysLeft = daysLeft }
    }

    /// The wall time of the next refresh of a policy whose last fetch went well; nil if it is left to lapse.
    ///
    /// min(24 h, max_age / 2) after the fetch, up to a quarter earlier by chance; not more often than hourly unless a
    /// message asked within the hour (RFC 8461 sections 3.3 and 10.2).
    func nextRefresh(_ entry: CachedPolicy, _ domain: DomainName, now: UnixTime) -> UnixTime? {
        let unused = now.seconds(since: entry.lastRequestedAt)
        guard unused <= Self.disuse else { return nil }
        if now < entry.fetchedAt { return now }  // the clock was set back
        let interval = min(Self.day, Int64(entry.policy.maxAge) / 2)
        let least: Int64 = unused > 3_600 ? 3_600 : 1
        let start = seed ^ UInt64(bitPattern: entry.fetchedAt.secondsSinceEpoch)
        let hash = FNV1a.hash64(domain.description.utf8.span, after: start)
        let earlier = interval / 4 * Int64(hash >> 48) / 65_536
        return entry.fetchedAt.advanced(bySeconds: max(least, interval - earlier))
    }

    /// Whether a refresh is due.
    func isDue(_ entry: CachedPolicy, _ domain: DomainName, now: UnixTime, monotonicNow: MonotonicTime) -> Bool {
        guard entry.isFresh(at: now), let next = nextRefresh(entry, domain, now: now) else { return false }
        return failing(domain).map { $0.nextAttempt <= monotonicNow } ?? (next <= now)
    }
}
