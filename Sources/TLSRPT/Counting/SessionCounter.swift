// SPDX-License-Identifier: Apache-2.0

public import STSCore
import Synchronization

/// Counts the sessions of a sender for its TLS reports (RFC 8460), by any number of threads.
///
/// It holds what was counted since the last ``drain()``, within ``SessionLimits``, which a program calls every minute
/// or so and keeps the result: a crash loses what was not drained. The module TLSRPTFiles does it with files. The day
/// of a session is the UTC day of the moment it is counted at (section 4.1).
///
/// Sessions that carry TLS reports are not to be counted: two domains that report to each other would never come to
/// an end (section 3). The unit is the session, or the attempt at one; not the message, not the recipient. A second
/// connection without TLS, after a handshake failed, belongs to the same attempt.
public final class SessionCounter: Sendable {
    private struct Key: Hashable {
        let hash: Int
        let day: ReportDay
        let domain: DomainName

        init(_ day: ReportDay, _ domain: DomainName) {
            // Two days of one domain are seldom there at once.
            hash = domain.description.hashValue
            self.day = day
            self.domain = domain
        }

        // The name was hashed already, with the process's own seed.
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    private struct State {
        var indices: [Key: Int] = [:]
        var slots: [(key: Key, tally: DomainTally)] = []
        var overflow = SessionOverflow()
    }

    private final class Shard: Sendable {
        let state = Lock(State())
    }

    private static let shardCount = 16

    private let shards = (0..<shardCount).map { _ in Shard() }
    private let clock: any WallClock
    private let domainCount = Atomic<Int>(0)
    private let octetCount = Atomic<Int>(0)
    private let overflowCount = Atomic<Int>(0)

    /// The bounds.
    public let limits: SessionLimits

    /// A counter that has counted nothing.
    ///
    /// - Parameters:
    ///   - clock: Tells the moment of a session that is counted without one.
    ///   - limits: The bounds.
    public init(clock: any WallClock, limits: SessionLimits = SessionLimits()) {
        self.clock = clock
        self.limits = limits
    }

    /// Counts a session, or an attempt at one, in one entry of a domain's report.
    ///
    /// - Parameters:
    ///   - result: A success or a failure.
    ///   - policy: The policy whose entry counts it.
    ///   - mxHosts: The patterns of an MTA-STS policy; asked for only when the policy is new to the counter.
    ///   - domain: The domain of the report: that of the next hop, whose `_smtp._tls` record is asked.
    ///   - peer: Who took part; used for failures alone.
    ///   - moment: The moment of the session; the present one if nil.
    public func count(
        _ result: TLSFinding.Result,
        under policy: SessionPolicy,
        mxHosts: @autoclosure () -> [String] = [],
        for domain: DomainName,
        peer: SessionPeer = SessionPeer(),
        at moment: UnixTime? = nil
    ) {
        let key = Key(ReportDay(containing: moment ?? clock.now), domain)
        let kind: FailureKind? =
            if case .failure(let type, let reason) = result {
                FailureKind(type, reason: reason, peer: peer, limit: limits.stringOctets)
            } else { nil }
        shard(of: key).state.withLock { state in
            guard let index = state.indices[key] ?? insert(key, into: &state) else {
                let totals = kind == nil ? SessionTotals(successful: 1) : SessionTotals(failed: 1)
                state.overflow.add(totals, on: key.day)
                overflowCount.add(1, ordering: .relaxed)
                return
            }
            let place =
                state.slots[index].tally.index(of: policy)
                ?? place(EntryPolicy(policy: policy, mxHosts: mxHosts()), for: key, in: &state.slots[index].tally)
            if let kind {
                state.slots[index].tally.addFailure(of: kind, at: place, limits: limits)
            } else {
                state.slots[index].tally.addSuccess(at: place)
            }
        }
    }

    private func shard(of key: Key) -> Shard { shards[Int(UInt(bitPattern: key.hash) % UInt(Self.shardCount))] }

    private func insert(_ key: Key, into state: inout State) -> Int? {
        guard domainCount.add(1, ordering: .relaxed).newValue <= limits.domains else {
            domainCount.subtract(1, ordering: .relaxed)
            return nil
        }
        state.indices[key] = state.slots.count
        state.slots.append((key, DomainTally()))
        return state.slots.count - 1
    }

    private func place(_ entry: EntryPolicy, for key: Key, in tally: inout DomainTally) -> Int {
        let octets = entry.octets
        let sum = octetCount.add(octets, ordering: .relaxed).newValue
        let known = tally.policies.count
        let place = tally.place(
            for: entry,
            domain: key.domain,
            limits: limits,
            hasRoom: sum <= limits.policyOctets || octets == 0
        )
        // Counted only if the text is held now.
        let isHeld = tally.policies.count > known && tally.policies[place].entry == entry
        if !isHeld { octetCount.subtract(octets, ordering: .relaxed) }
        return place
    }

    /// How many sessions were counted without their domain since the counter was made, as there were more than
    /// ``SessionLimits/domains``.
    public var overflowingSessions: Int { overflowCount.load(ordering: .relaxed) }

    /// How many domains are held, each day of each counted.
    public var heldDomains: Int { domainCount.load(ordering: .relaxed) }

    /// What was counted since the last call. Every session is in what exactly one call returns; who loses the value
    /// loses the sessions.
    public func drain() -> SessionTally {
        var tally = SessionTally(limits: limits)
        for shard in shards {
            let taken = shard.state.withLock { state in
                let taken = state
                state = State()
                return taken
            }
            domainCount.subtract(taken.slots.count, ordering: .relaxed)
            octetCount.subtract(taken.slots.reduce(0) { $0 + $1.tally.policyOctets }, ordering: .relaxed)
            for slot in taken.slots { tally.insert(slot.tally, for: slot.key.domain, on: slot.key.day) }
            tally.overflow.merge(taken.overflow)
        }
        return tally
    }

    /// Counts again what was drained and could not be kept. The bounds hold for it as well.
    public func restore(_ tally: SessionTally) {
        for (day, domains) in tally.days {
            for (domain, counted) in domains { restore(counted, for: Key(day, domain)) }
        }
        if let shard = shards.first {
            shard.state.withLock { $0.overflow.merge(tally.overflow) }
        }
    }

    private func restore(_ counted: DomainTally, for key: Key) {
        shard(of: key).state.withLock { state in
            guard let index = state.indices[key] ?? insert(key, into: &state) else {
                let totals = counted.totals
                state.overflow.add(totals, on: key.day)
                overflowCount.add(totals.all, ordering: .relaxed)
                return
            }
            for policy in counted.policies {
                let place = place(policy.entry, for: key, in: &state.slots[index].tally)
                state.slots[index].tally.add(policy, at: place, limits: limits)
            }
        }
    }
}

/// Sessions counted without their domain, by day.
struct SessionOverflow: Hashable {
    /// Of more days the last one takes the rest: only a clock gone wild makes so many.
    static let maximumDays = 16

    private(set) var days: [ReportDay: SessionTotals] = [:]

    mutating func add(_ totals: SessionTotals, on day: ReportDay) {
        let isFull = days[day] == nil && days.count >= Self.maximumDays
        let place = isFull ? days.keys.max() ?? day : day
        days[place, default: SessionTotals()].add(totals)
    }

    mutating func merge(_ other: SessionOverflow) {
        for (day, totals) in other.days.sorted(by: { $0.key < $1.key }) { add(totals, on: day) }
    }
}
