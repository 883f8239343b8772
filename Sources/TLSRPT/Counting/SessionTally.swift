// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// What was counted of sessions, by day, domain, policy and kind of failure: a value to be merged, kept and reported.
///
/// Tallies of several counters, processes or hosts are merged in any order: all totals are the same. Only where a
/// bound is reached does the order say which policies and kinds of failure stay apart.
public struct SessionTally: Hashable, Sendable {
    var days: [ReportDay: [DomainName: DomainTally]] = [:]
    var overflow = SessionOverflow()

    /// The bounds that merging keeps to; ``SessionLimits/policyOctets`` is not among them.
    public let limits: SessionLimits

    /// A tally of no sessions.
    public init(limits: SessionLimits = SessionLimits()) { self.limits = limits }

    /// Whether no session was counted.
    public var isEmpty: Bool { days.isEmpty && overflow.days.isEmpty }

    /// The days with sessions, in order.
    public var reportDays: [ReportDay] { Set(days.keys).union(overflow.days.keys).sorted() }

    /// The domains with sessions on a day, in order.
    public func domains(on day: ReportDay) -> [DomainName] { (days[day] ?? [:]).keys.sorted() }

    /// The sessions of a domain on a day, over all entries of its report: one that both a DANE and an MTA-STS policy
    /// counts is in it twice.
    public func totals(of domain: DomainName, on day: ReportDay) -> SessionTotals {
        days[day]?[domain]?.totals ?? SessionTotals()
    }

    /// The sessions of a day that were counted without their domain, since there were too many domains.
    public func overflow(on day: ReportDay) -> SessionTotals { overflow.days[day] ?? SessionTotals() }

    /// All sessions, those of ``overflow(on:)`` included, over all entries.
    public var totals: SessionTotals {
        var totals = SessionTotals()
        for domains in days.values {
            for tally in domains.values { totals.add(tally.totals) }
        }
        for sum in overflow.days.values { totals.add(sum) }
        return totals
    }

    /// What was counted on one day.
    public func tally(of day: ReportDay) -> SessionTally {
        var tally = SessionTally(limits: limits)
        tally.days[day] = days[day]
        if let totals = overflow.days[day] { tally.overflow.add(totals, on: day) }
        return tally
    }

    /// Adds what another tally counted.
    public mutating func merge(_ other: SessionTally) {
        for (day, domains) in other.days {
            for (domain, counted) in domains { merge(counted, for: domain, on: day) }
        }
        overflow.merge(other.overflow)
    }

    mutating func insert(_ counted: DomainTally, for domain: DomainName, on day: ReportDay) {
        days[day, default: [:]][domain] = counted
    }

    mutating func merge(_ counted: DomainTally, for domain: DomainName, on day: ReportDay) {
        if days[day]?[domain] == nil, days.values.reduce(0, { $0 + $1.count }) >= limits.domains {
            overflow.add(counted.totals, on: day)
        } else {
            days[day, default: [:]][domain, default: DomainTally()].merge(counted, domain: domain, limits: limits)
        }
    }
}
