// SPDX-License-Identifier: Apache-2.0

internal import MXPattern
public import STSCore
public import STSPolicy
public import TLSRPT

/// Collects the TLS reports about a policy domain and tells whether its policy can go from testing to enforce.
///
/// Reports come in any order; a report that came before, by submitter and report-id, is not counted again. Memory is
/// bounded: what is over the limits is counted without its details.
public struct RolloutAdvisor: Sendable {
    /// How much must be known, and how long a failure counts.
    public struct Options: Hashable, Sendable {
        /// The days that must have reports before anything is called safe.
        public var daysNeeded: Int

        /// A failure is past once each sender that saw it has reported this number of days without it.
        public var recentDays: Int

        /// How many days before the present one the last day reported may lie.
        public var maximumAge: Int

        /// Two weeks of reports up to the last week, whose failures count.
        public init(daysNeeded: Int = 14, recentDays: Int = 7, maximumAge: Int = 7) {
            self.daysNeeded = daysNeeded
            self.recentDays = recentDays
            self.maximumAge = maximumAge
        }
    }

    private static let obstacleLimit = 10_000
    private static let nameLimit = 10_000
    private static let reportLimit = 1_000_000
    private static let dayLimit = 100_000
    private static let patternLimit = 1_000

    let policyDomain: DomainName
    let policy: STSPolicy
    let today: ReportDay
    let options: Options
    private(set) var obstacles: [ObstacleKey: ObstacleTally] = [:]
    private(set) var senders: [String: SenderTally] = [:]
    private(set) var days: Set<ReportDay> = []
    private(set) var keptSessions = 0
    private(set) var stoppedSessions = 0
    private(set) var unnamedFailures = 0
    /// Hashes of submitter and report-id, which name a report (RFC 8460 section 5.3).
    private var reportsSeen: Set<Int> = []

    /// An advisor for a policy domain and the policy that it publishes.
    ///
    /// - Parameters:
    ///   - policyDomain: The domain.
    ///   - policy: Its policy.
    ///   - today: The present day. A report on a later day has a wrong date: only its failures count.
    ///   - options: How much must be known.
    public init(policyDomain: DomainName, policy: STSPolicy, today: ReportDay, options: Options = Options()) {
        self.policyDomain = policyDomain
        self.policy = policy
        self.today = today
        self.options = options
    }

    /// Takes a report into account; entries about other policy domains are passed over.
    ///
    /// An entry that names no policy domain is of the one that the report is about, `TLSReport.policyDomain(stated:)`.
    /// If nobody can tell which, its failures count, and nothing of it that would make the rollout look better.
    ///
    /// - Parameters:
    ///   - report: The report.
    ///   - stated: The domain that its mail or its file name says it is about.
    public mutating func add(_ report: TLSReport, stated: DomainName? = nil) {
        let sender = (report.submitter?.description ?? report.organizationName)?.forPeople() ?? "(unnamed)"
        if let name = report.nameHash {
            guard !reportsSeen.contains(name) else { return }
            if reportsSeen.count < Self.reportLimit { reportsSeen.insert(name) }
        }
        let range = days(of: report)
        let subject = report.policyDomain(stated: stated)
        for entry in report.policies {
            let domain = entry.policy.domain.flatMap { DomainName($0) } ?? subject
            guard domain == nil || domain == policyDomain else { continue }
            switch entry.policy.type {
            case .sts?: add(entry, from: sender, on: range, isNamed: domain != nil)
            case .noPolicyFound? where domain != nil: addWithoutPolicy(entry, from: sender)
            default: break  // DANE stops mail already, whatever the policy's mode
            }
        }
    }

    /// The first and the last day of a report, none after the present one; nil if it does not tell.
    private func days(of report: TLSReport) -> ClosedRange<ReportDay>? {
        guard let start = report.dateRange.start else { return nil }
        // Some senders give the first second of the next day as the end.
        let end = max(start, (report.dateRange.end ?? start).advanced(bySeconds: -1))
        let last = min(ReportDay(containing: end), today)
        return min(ReportDay(containing: start), last)...last
    }

    private mutating func addWithoutPolicy(_ entry: TLSReport.PolicyEntry, from sender: String) {
        let sessions = entry.summary.successfulSessions.plus(entry.summary.failedSessions)
        update(sender) { $0.sessionsWithoutPolicy = $0.sessionsWithoutPolicy.plus(sessions) }
    }

    private mutating func add(
        _ entry: TLSReport.PolicyEntry,
        from sender: String,
        on range: ClosedRange<ReportDay>?,
        isNamed: Bool
    ) {
        let successful = isNamed ? max(0, entry.summary.successfulSessions) : 0
        let failed = max(0, entry.summary.failedSessions)
        guard successful > 0 || failed > 0 else { return }
        if isNamed { noteDays(range) } else { unnamedFailures = unnamedFailures.plus(failed) }
        let patterns = entry.policy.mxHosts.prefix(Self.patternLimit).compactMap { try? MXPattern(parsing: $0) }
        var told = 0
        var stopped = 0
        for detail in entry.failureDetails where detail.failedSessions > 0 {
            told = told.plus(detail.failedSessions)
            let key = ObstacleKey(detail, under: patterns)
            if key.effect == .stopsMail { stopped = stopped.plus(detail.failedSessions) }
            count(key, detail.failedSessions, reason: detail.failureReasonCode, from: sender, on: range?.upperBound)
        }
        // Details may overlap, so that their sum says no more than the summary (RFC 8460 section 4).
        let untold = max(0, failed - told)
        if untold > 0 { count(.untold, untold, reason: nil, from: sender, on: range?.upperBound) }
        stopped = min(stopped.plus(untold), failed)
        keptSessions = keptSessions.plus(successful)
        stoppedSessions = stoppedSessions.plus(stopped)
        update(sender) { tally in
            tally.sessions = tally.sessions.plus(successful).plus(failed)
            tally.stoppedSessions = tally.stoppedSessions.plus(stopped)
            if isNamed, let day = range?.upperBound { tally.lastDay = max(tally.lastDay ?? day, day) }
        }
    }

    /// Notes that the days of a report are reported; of a range of months no more than its last one.
    private mutating func noteDays(_ range: ClosedRange<ReportDay>?) {
        guard var day = range?.upperBound, let first = range?.lowerBound else { return }
        for _ in 0..<31 where day >= first && days.count < Self.dayLimit {
            days.insert(day)
            day = ReportDay(containing: day.start.advanced(bySeconds: -1))
        }
    }

    private mutating func count(
        _ key: ObstacleKey,
        _ sessions: Int,
        reason: String?,
        from sender: String,
        on day: ReportDay?
    ) {
        let isRoom = obstacles.count < Self.obstacleLimit || obstacles[key] != nil
        obstacles[isRoom ? key : .untold, default: ObstacleTally()].add(sessions, reason, sender, day)
    }

    private mutating func update(_ sender: String, _ change: (inout SenderTally) -> Void) {
        let isRoom = senders.count < Self.nameLimit || senders[sender] != nil
        change(&senders[isRoom ? sender : "(others)", default: SenderTally()])
    }
}

/// What failures are counted together.
struct ObstacleKey: Hashable {
    let resultType: TLSResultType?
    let mxHost: String?
    /// Whether no pattern of the policy of that time matched the host. Senders report that as a validation-failure.
    let isNameMismatch: Bool

    static let untold = ObstacleKey()

    private init() {
        resultType = nil
        mxHost = nil
        isNameMismatch = false
    }

    init(_ detail: TLSReport.FailureDetail, under patterns: [MXPattern]) {
        resultType = TLSResultType(rawValue: detail.resultType.rawValue.forPeople())
        let host = detail.receivingMXHostname.flatMap { DomainName($0) }
        mxHost = host?.description ?? detail.receivingMXHostname?.forPeople()
        if detail.resultType == .validationFailure, let host {
            isNameMismatch = !patterns.isEmpty && !patterns.contains { $0.matches(host) }
        } else {
            isNameMismatch = false
        }
    }

    var effect: RolloutAdvice.Obstacle.Effect {
        switch resultType {
        case .stsPolicyFetchError?, .stsPolicyInvalid?, .stsWebPKIInvalid?: .leavesMailUnprotected
        default: .stopsMail
        }
    }
}

struct ObstacleTally {
    private static let senderLimit = 100

    private(set) var sessions = 0
    private(set) var reasons: Set<String> = []
    /// The last day that each sender saw it; distantly past if the sender did not tell the day.
    private(set) var senders: [String: ReportDay] = [:]
    private(set) var hasUnlistedSenders = false
    private(set) var lastSeen: ReportDay?

    mutating func add(_ count: Int, _ reason: String?, _ sender: String, _ day: ReportDay?) {
        sessions = sessions.plus(count)
        if let reason, reasons.count < 8 { reasons.insert(reason.forPeople()) }
        if senders[sender] != nil || senders.count < Self.senderLimit {
            let day = day ?? .distantPast
            senders[sender] = max(senders[sender] ?? day, day)
        } else {
            hasUnlistedSenders = true
        }
        if let day { lastSeen = max(lastSeen ?? day, day) }
    }
}

extension ReportDay {
    fileprivate static let distantPast = ReportDay(containing: UnixTime(secondsSinceEpoch: .min))
}

struct SenderTally {
    var sessions = 0
    var stoppedSessions = 0
    var sessionsWithoutPolicy = 0
    var lastDay: ReportDay?
}

extension Int {
    /// The sum, held within the range of the type.
    func plus(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
