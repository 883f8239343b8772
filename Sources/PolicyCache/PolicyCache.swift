// SPDX-License-Identifier: Apache-2.0

package import STSCore
internal import STSPolicy
import Synchronization

/// The policies that a sender knows: a bounded memory of those in use, over a store that keeps all.
///
/// A policy is lost only to its own max_age, to a newer policy, or to long disuse; never to a failure. When memory is
/// full, an entry leaves it in the order expired, none, testing, enforce; its copy in the store stays. An entry that no
/// store holds is then lost: ``Statistics/lostPolicies`` counts it. Of the expired only those are found that are among the
/// first looked at; refreshes drop the others.
public final class PolicyCache: Sendable {
    /// The number of policies of up to 1 KiB that memory holds by default; longer ones count once more per KiB.
    public static let defaultCapacity = 100_000

    struct Entry: Sendable {
        /// When the record is to be looked up again (FLOW: last answer + TTL, within 60 s and 1 h).
        var nextCheck: MonotonicTime
        var policy: CompactPolicy
        /// Whether the store has it too.
        var isStored: Bool
    }

    private let entries: ShardedMap<Entry>
    private let texts = Lock(TextPool())
    private let evictions = Lock((memory: 0, lost: 0))

    /// The store below, nil if memory is all there is.
    package let store: (any PolicyStore)?

    /// A cache.
    ///
    /// - Parameters:
    ///   - store: Where policies are kept beyond memory; without one they end with the process.
    ///   - capacity: The most policies in memory. One of more than 1 KiB, which is rare, takes the place of as many as it
    ///     has KiB, so that memory is bounded in octets too.
    public init(store: (any PolicyStore)? = nil, capacity: Int = PolicyCache.defaultCapacity) {
        self.store = store
        self.entries = ShardedMap(capacity: max(1, capacity))
    }

    /// Counters since the cache was made.
    public struct Statistics: Hashable, Sendable {
        /// Policies in memory now.
        public let policiesInMemory: Int
        /// Policies that left memory to make room.
        public let evictions: Int
        /// Those of them that no store holds, there being none or its having failed: their protection is gone.
        public let lostPolicies: Int
    }

    /// Counters since the cache was made.
    public var statistics: Statistics {
        let (memory, lost) = evictions.withLock { $0 }
        return Statistics(policiesInMemory: entries.count, evictions: memory, lostPolicies: lost)
    }
}

// What the resolver works with.
extension PolicyCache {
    /// A policy in memory as a look-up finds it.
    package struct Hit: Sendable {
        package let entry: CompactPolicy
        package let nextCheck: MonotonicTime
        /// Whether the store has it too.
        package let isStored: Bool

        /// The policy with the time at which it was last asked for.
        package var policy: CachedPolicy { entry.cachedPolicy }
    }

    /// What the warm path does with a domain.
    package enum WarmLookUp: Sendable {
        /// The policy is in force.
        case inForce(CompactPolicy)
        /// There is a fresh policy whose record is to be looked up, or which was fetched in the future.
        case toBeChecked
        /// There is no fresh policy in memory.
        case unknown
    }

    /// The policy in memory as the warm path needs it. An entry counts as used, and as asked for at `now`.
    package func warmLookUp(_ domain: DomainName, now: UnixTime, monotonicNow: MonotonicTime) -> WarmLookUp {
        let found = entries.withValue(of: domain) { entry -> WarmLookUp in
            entry.policy.lastRequestedAt = now
            guard entry.policy.isFresh(at: now) else { return .unknown }
            guard monotonicNow < entry.nextCheck, now >= entry.policy.fetchedAt else { return .toBeChecked }
            return .inForce(entry.policy)
        }
        return found ?? .unknown
    }

    /// The policy in memory, fresh or not. The entry counts as used, and as asked for at `now`.
    package func lookUp(_ domain: DomainName, now: UnixTime) -> Hit? {
        entries.withValue(of: domain) { entry in
            entry.policy.lastRequestedAt = now
            return Hit(entry: entry.policy, nextCheck: entry.nextCheck, isStored: entry.isStored)
        }
    }

    /// Sets when the record of a domain in memory is to be looked up again.
    package func setNextCheck(_ moment: MonotonicTime, for domain: DomainName) {
        _ = entries.withValue(of: domain) { $0.nextCheck = moment }
    }

    /// Keeps a policy in memory, unless memory has one of the domain that was fetched later.
    ///
    /// - Parameters:
    ///   - policy: The policy.
    ///   - domain: Its policy domain.
    ///   - nextCheck: When the record is to be looked up again.
    ///   - now: The wall time.
    ///   - isStored: Whether the store has it too; without a store it does not matter.
    /// - Returns: The policies that were lost to make room, since no store holds them.
    package func keep(
        _ policy: CachedPolicy,
        for domain: DomainName,
        nextCheck: MonotonicTime,
        now: UnixTime,
        isStored: Bool = true
    ) -> [(domain: DomainName, policy: CachedPolicy)] {
        let shared = texts.withLock { $0.shared(policy.policy) }
        let evicted = entries.set(
            Entry(
                nextCheck: nextCheck,
                policy: CompactPolicy(policy, sharing: shared),
                isStored: isStored && store != nil
            ),
            for: domain,
            weight: 1 + policy.policy.text.count / 1_024,
            rank: { Self.rank($0.policy, now: now) },
            lastingRank: Self.rank(policy.policy.mode),
            ifReplacing: { !CachedPolicy.wasFetched(at: $0.policy.fetchedAt, after: policy.fetchedAt, now: now) }
        )
        guard !evicted.isEmpty else { return [] }
        let lost = evicted.filter { !$0.value.isStored && $0.value.policy.isFresh(at: now) }
        evictions.withLock { counts in
            counts.memory += evicted.count
            counts.lost += lost.count
        }
        return lost.map { ($0.domain, $0.value.policy.cachedPolicy) }
    }

    /// Removes a policy from memory if `condition` holds.
    package func forget(_ domain: DomainName, if condition: (CachedPolicy) -> Bool = { _ in true }) {
        entries.remove(domain) { condition($0.policy.cachedPolicy) }
    }

    /// Calls `body` with each policy in memory and the time it was last asked for.
    package func forEach(_ body: (DomainName, CachedPolicy) -> Void) {
        forEachEntry { domain, entry in body(domain, entry.policy.cachedPolicy) }
    }

    func forEachEntry(_ body: (DomainName, Entry) -> Void) { entries.forEach(body) }

    func change(_ domain: DomainName, _ body: (inout Entry) -> Void) { _ = entries.withValue(of: domain, body) }

    /// The policy in memory, fresh or not, with the time it was last asked for. The entry does not count as used.
    package func inspect(_ domain: DomainName) -> Hit? {
        entries.read(domain).map { entry in
            Hit(entry: entry.policy, nextCheck: entry.nextCheck, isStored: entry.isStored)
        }
    }

    /// The order in which entries make room, the lowest first.
    static func rank(_ entry: CompactPolicy, now: UnixTime) -> Int {
        entry.isFresh(at: now) ? rank(entry.policy.mode) : 0
    }

    private static func rank(_ mode: STSPolicy.Mode) -> Int {
        switch mode {
        case .none: 1
        case .testing: 2
        case .enforce: 3
        }
    }
}

/// Lets policies of one text share what they hold, since most domains publish one of a few texts.
///
/// It holds a bounded number of texts: when it is full it starts anew, which costs sharing and nothing else. A text
/// that many domains publish is short, and a long one would keep its object here after it has left the cache.
private struct TextPool {
    private static let limit = 4_096
    private static let maximumOctets = 1_024
    private var policies: [[UInt8]: STSPolicy] = [:]

    mutating func shared(_ policy: STSPolicy) -> STSPolicy {
        guard policy.text.count <= Self.maximumOctets else { return policy }
        if let known = policies[policy.text] { return known }
        if policies.count >= Self.limit { policies.removeAll(keepingCapacity: true) }
        policies[policy.text] = policy
        return policy
    }
}
