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

        /// A failure that was not seen within this number of last days reported is past.
        public var recentDays: Int

        /// Two weeks of reports, and failures of the last week count.
        public init(daysNeeded: Int = 14, recentDays: Int = 7) {
            self.daysNeeded = daysNeeded
            self.recentDays = recentDays
        }
    }

    private static let obstacleLimit = 10_000
    private static let nameLimit = 10_000
    private static let reportLimit = 1_000_000

    let policyDomain: DomainName
    let policy: STSPolicy
    let options: Options
    private(set) var obstacles: [ObstacleKey: ObstacleTally] = [:]
    private(set) var senders: [String: SenderTally] = [:]
    private(set) var days: Set<ReportDay> = []
    private(set) var keptSessions = 0
    private(set) var stoppedSessions = 0
    /// Hashes of submitter and report-id, which name a report (RFC 8460 section 5.3).
    private var reportsSeen: Set<Int> = []

    /// An advisor for a policy domain and the policy that it publishes.
    public init(policyDomain: DomainName, policy: STSPolicy, options: Options = Options()) {
        self.policyDomain = policyDomain
        self.policy = policy
        self.options = options
    }

    /// Takes a report into account; entries about other policy domains are passed over.
    public mutating func add(_ report: TLSReport) {
        let sender = (report.submitter?.description ?? report.organizationName ?? "(unnamed)").shortened(to: 255)
        if let id = report.reportID, reportsSeen.count < Self.reportLimit {
            var hasher = Hasher()
            hasher.combine(sender)
            hasher.combine(id)
            guard reportsSeen.insert(hasher.finalize()).inserted else { return }
        }
        let day = report.dateRange.start.map(ReportDay.init(containing:))
        for entry in report.policies where isOurs(entry.policy) {
            switch entry.policy.type {
            case .sts?: add(entry, from: sender, on: day)
            case .noPolicyFound?: addWithoutPolicy(entry, from: sender)
            default: break  // DANE stops mail already, whatever the policy's mode
            }
        }
    }

    private func isOurs(_ policy: TLSReport.Policy) -> Bool {
        policy.domain.flatMap { DomainName($0) } == policyDomain
    }

    private mutating func addWithoutPolicy(_ entry: TLSReport.PolicyEntry, from sender: String) {
        let sessions = entry.summary.successfulSessions.plus(entry.summary.failedSessions)
        update(sender) { $0.sessionsWithoutPolicy = $0.sessionsWithoutPolicy.plus(sessions) }
    }

    private mutating func add(_ entry: TLSReport.PolicyEntry, from sender: String, on day: ReportDay?) {
        let summary = entry.summary
        if let day, summary.successfulSessions > 0 || summary.failedSessions > 0, days.count < 100_000 {
            days.insert(day)
        }
        var told = 0
        var stopped = 0
        for detail in entry.failureDetails where detail.failedSessions > 0 {
            told = told.plus(detail.failedSessions)
            let key = ObstacleKey(detail, under: entry.policy)
            if key.effect == .stopsMail { stopped = stopped.plus(detail.failedSessions) }
            count(key, detail.failedSessions, reason: detail.failureReasonCode, from: sender, on: day)
        }
        // Details may overlap, so that their sum says no more than the summary (RFC 8460 section 4).
        let untold = max(0, summary.failedSessions - told)
        if untold > 0 { count(.untold, untold, reason: nil, from: sender, on: day) }
        stopped = min(stopped.plus(untold), summary.failedSessions)
        keptSessions = keptSessions.plus(summary.successfulSessions)
        stoppedSessions = stoppedSessions.plus(stopped)
        update(sender) { tally in
            tally.sessions = tally.sessions.plus(summary.successfulSessions).plus(summary.failedSessions)
            tally.stoppedSessions = tally.stoppedSessions.plus(stopped)
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

    init(_ detail: TLSReport.FailureDetail, under policy: TLSReport.Policy) {
        resultType = TLSResultType(rawValue: detail.resultType.rawValue.shortened(to: 64))
        let host = detail.receivingMXHostname.flatMap { DomainName($0) }
        mxHost = host?.description ?? detail.receivingMXHostname?.shortened(to: DomainName.maximumOctets)
        if detail.resultType == .validationFailure, let host {
            let patterns = policy.mxHosts.prefix(1_000).compactMap { try? MXPattern(parsing: $0) }
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
    private(set) var sessions = 0
    private(set) var reasons: Set<String> = []
    private(set) var senders: Set<String> = []
    private(set) var lastSeen: ReportDay?

    mutating func add(_ count: Int, _ reason: String?, _ sender: String, _ day: ReportDay?) {
        sessions = sessions.plus(count)
        if let reason, reasons.count < 8 { reasons.insert(reason.shortened(to: 255)) }
        if senders.count < 100 { senders.insert(sender) }
        if let day { lastSeen = max(lastSeen ?? day, day) }
    }
}

struct SenderTally {
    var sessions = 0
    var stoppedSessions = 0
    var sessionsWithoutPolicy = 0
}

extension Int {
    /// The sum, held within the range of the type.
    func plus(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension String {
    func shortened(to octets: Int) -> String {
        utf8.count <= octets ? self : String(decoding: utf8.prefix(octets), as: UTF8.self)
    }
}
