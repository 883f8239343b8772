// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Tells where reports contradict themselves or each other. Reports are added one after the other.
///
/// No more is kept of a report than a hash of its name and, for each policy domain, its time range, whatever its size:
/// see ``maximumDomains``. Of how many reports that is done is bounded, too. Reports of different submitters are never compared. Nobody vouches for what a report says
/// unless its mail was signed (RFC 8460 section 3): compare only those whose submitter is who sent them.
public struct ReportConsistency: Sendable {
    /// The most policy domains of one report whose time ranges are compared with other reports.
    public static let maximumDomains = 1_000

    /// The most findings that one report gives; those that follow are left out.
    public static let maximumFindings = 1_000

    private struct Subject: Hashable, Sendable {
        /// A hash of who sent the report.
        var sender: Int
        var domain: DomainName
    }

    private let limit: Int
    private var names: Set<Int> = []
    private var ranges: [Subject: TimeRanges] = [:]
    private var rangeCount = 0

    /// Nothing is known yet.
    ///
    /// - Parameter limit: The most reports, and the most time ranges, that are remembered. Reports beyond are compared
    ///   with those before them, and not with each other.
    public init(limit: Int = 1_000_000) { self.limit = limit }

    /// Adds a report, and tells what is inconsistent in it and with the reports before it.
    ///
    /// A finding ``ReportFinding/Kind-enum/duplicate`` says that the report must not be counted (RFC 8460 section 5.3);
    /// nothing else is found about it then, and it changes nothing.
    public mutating func add(_ report: TLSReport) -> [ReportFinding] {
        if let name = report.nameHash {
            guard !names.contains(name) else { return [ReportFinding(kind: .duplicate, path: "report-id")] }
            if names.count < limit { names.insert(name) }
        }
        let sender = report.senderHash
        var findings = FindingsOfReport()
        findings.inspect(report)
        guard let start = report.dateRange.start, let end = report.dateRange.lastSecond, start <= end else {
            return findings.list
        }
        var domains: Set<DomainName> = []
        for (index, entry) in report.policies.enumerated() where domains.count < Self.maximumDomains {
            // Several policies of one domain in one report are what section 4 has them for.
            guard let text = entry.policy.domain, let domain = DomainName(text), domains.insert(domain).inserted else {
                continue
            }
            if covers(start...end, Subject(sender: sender, domain: domain)) {
                findings.note(
                    .overlap,
                    ReportPlace(entry: index, object: EntryMember.policy.name).path("policy-domain")
                )
            }
        }
        return findings.list
    }

    /// Adds a time range, as long as there is room; true if some of it was covered.
    private mutating func covers(_ range: ClosedRange<UnixTime>, _ subject: Subject) -> Bool {
        guard rangeCount < limit else { return ranges[subject]?.overlaps(range) ?? false }
        rangeCount -= ranges[subject]?.count ?? 0
        defer { rangeCount += ranges[subject]?.count ?? 0 }
        return ranges[subject, default: TimeRanges()].insert(range)
    }
}

extension TLSReport {
    /// A hash of what names the report for its receiver (RFC 8460 section 5.3): who sent it and its report-id, both whole.
    /// It is another in every process; nil if there is no report-id.
    package var nameHash: Int? {
        guard let reportID, !reportID.isEmpty else { return nil }
        var hasher = Hasher()
        hashSender(into: &hasher)
        hasher.combine(octetsOf: reportID)
        return hasher.finalize()
    }

    /// A hash of who sent the report.
    fileprivate var senderHash: Int {
        var hasher = Hasher()
        hashSender(into: &hasher)
        return hasher.finalize()
    }

    /// The submitter; the organisation's name if there is none.
    private func hashSender(into hasher: inout Hasher) {
        let submitter = submitter
        hasher.combine(submitter)
        if submitter == nil { hasher.combine(octetsOf: organizationName ?? "") }
    }
}

extension Hasher {
    /// Two texts that Swift calls equal may be two names.
    fileprivate mutating func combine(octetsOf text: String) {
        combine(text.utf8.count)
        for octet in text.utf8 { combine(octet) }
    }
}

extension TLSReport {
    /// Where the report contradicts itself; see ``ReportConsistency`` for several.
    public var consistencyFindings: [ReportFinding] {
        var findings = FindingsOfReport()
        findings.inspect(self)
        return findings.list
    }
}

/// Something in a report that does not fit together. It does not make the report worthless.
public struct ReportFinding: Hashable, Sendable, CustomStringConvertible {
    /// What does not fit.
    public let kind: Kind

    /// The member, as in `policies[0].summary.total-failure-session-count`.
    public let path: String

    /// A sentence for people.
    public var description: String { "\(path): \(kind.description)" }

    /// What does not fit together in a report, or in several.
    public enum Kind: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// A report of this submitter and name was there before: it is to be dropped (RFC 8460 section 5.3).
        case duplicate
        /// A report of another name covers some of the same time for the same submitter and policy domain: sessions may
        /// be counted twice, or the sender has several systems that report.
        case overlap
        /// The time range ends before it begins.
        case endBeforeStart
        /// The time range is not one UTC day, which a report should cover (section 4.1). Ranges of a week are seen.
        case notOneDay
        /// The policy domain is missing, so that nobody can tell what the entry is about.
        case missingPolicyDomain
        /// Sessions failed, and the report does not say how.
        case failuresWithoutDetails
        /// The details explain fewer sessions than failed. More is no fault: they may overlap (section 4).
        case unexplainedFailures
        /// A single detail counts more sessions than failed in all.
        case detailAboveTotal
        /// A detail that counts no session.
        case detailOfNothing

        /// A sentence for people.
        public var description: String {
            switch self {
            case .duplicate: "there was a report of this name"
            case .overlap: "another report covers some of the same time"
            case .endBeforeStart: "the time range ends before it begins"
            case .notOneDay: "the time range is not one UTC day"
            case .missingPolicyDomain: "the policy domain is missing"
            case .failuresWithoutDetails: "failures without details"
            case .unexplainedFailures: "the details explain fewer failures than there are"
            case .detailAboveTotal: "a detail counts more sessions than failed in all"
            case .detailOfNothing: "a detail that counts no session"
            }
        }
    }
}

/// The findings of one report, bounded in number.
private struct FindingsOfReport {
    private(set) var list: [ReportFinding] = []

    mutating func note(_ kind: ReportFinding.Kind, _ path: @autoclosure () -> String) {
        guard list.count < ReportConsistency.maximumFindings else { return }
        list.append(ReportFinding(kind: kind, path: path()))
    }

    mutating func inspect(_ report: TLSReport) {
        if let start = report.dateRange.start, let end = report.dateRange.end {
            if end < start {
                note(.endBeforeStart, "date-range")
            } else if !report.dateRange.isOneDay {
                note(.notOneDay, "date-range")
            }
        }
        for (index, entry) in report.policies.enumerated() { inspect(entry, index) }
    }

    private mutating func inspect(_ entry: TLSReport.PolicyEntry, _ index: Int) {
        let policy = ReportPlace(entry: index, object: EntryMember.policy.name)
        let summary = ReportPlace(entry: index, object: EntryMember.summary.name)
        if entry.policy.domain?.isEmpty ?? true { note(.missingPolicyDomain, policy.path("policy-domain")) }
        let failed = entry.summary.failedSessions
        var explained = 0
        for (number, detail) in entry.failureDetails.enumerated() {
            let place = ReportPlace(entry: index, detail: number)
            let (sum, overflow) = explained.addingReportingOverflow(max(0, detail.failedSessions))
            explained = overflow ? .max : sum
            if detail.failedSessions > failed { note(.detailAboveTotal, place.path("failed-session-count")) }
            if detail.failedSessions < 1 { note(.detailOfNothing, place.path("failed-session-count")) }
        }
        if failed > 0, entry.failureDetails.isEmpty {
            note(.failuresWithoutDetails, summary.path("total-failure-session-count"))
        } else if explained < failed {
            note(.unexplainedFailures, summary.path("total-failure-session-count"))
        }
    }
}

extension TLSReport.DateRange {
    /// The last second of the range, where the first of the next day stands for it as some senders have it.
    fileprivate var lastSecond: UnixTime? {
        guard let end else { return nil }
        if let start, start < end, ReportDay(containing: end).start == end { return end.advanced(bySeconds: -1) }
        return end
    }

    /// Whether the range is a UTC day from its first second to its last.
    fileprivate var isOneDay: Bool {
        guard let start, let last = lastSecond else { return false }
        let day = ReportDay(containing: start)
        return day.start == start && day.end == last
    }
}

/// Times that are covered, as ranges that neither touch nor overlap, in order.
private struct TimeRanges: Hashable, Sendable {
    private var ranges: [ClosedRange<UnixTime>] = []

    var count: Int { ranges.count }

    /// The first range that does not end before `range` begins, but for one that it touches.
    private func firstIndex(for range: ClosedRange<UnixTime>) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound.advanced(bySeconds: 1) < range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether some of a range is covered.
    func overlaps(_ range: ClosedRange<UnixTime>) -> Bool {
        // The first may only touch it.
        ranges[firstIndex(for: range)...].prefix(2).contains { $0.overlaps(range) }
    }

    /// Adds a range; true if some of it was covered.
    mutating func insert(_ range: ClosedRange<UnixTime>) -> Bool {
        let low = firstIndex(for: range)
        var end = low
        var overlaps = false
        var union = range
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound.advanced(bySeconds: 1) {
            overlaps = overlaps || ranges[end].overlaps(range)
            union = min(union.lowerBound, ranges[end].lowerBound)...max(union.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(low..<end, with: CollectionOfOne(union))
        return overlaps
    }
}
