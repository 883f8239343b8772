// SPDX-License-Identifier: Apache-2.0

public import TLSRPT

/// Whether a domain's policy can go from mode testing to enforce, as the TLS reports about it show (RFC 8461 section
/// 8.2 suggests to find out so). Made by ``RolloutAdvisor``.
public struct RolloutAdvice: Hashable, Sendable {
    /// The answer.
    public enum Verdict: String, Hashable, Sendable {
        /// In the days reported, mode enforce would have stopped nothing that still stands.
        case safe
        /// Mode enforce would have kept senders from MX hosts, and what was in the way still stands: ``obstacles``.
        case wouldStopMail
        /// Not enough is known to say anything: ``gaps``.
        case tooFewReports
    }

    /// What must be known before anything is called safe.
    public enum Gap: String, Hashable, Sendable, CaseIterable {
        /// Fewer days than are needed have reports.
        case days
        /// No session kept the policy.
        case successes
        /// The last day reported is too long ago.
        case recentReports
    }

    /// The answer.
    public let verdict: Verdict

    /// What is not known, in the order of ``Gap``; empty if enough is.
    public let gaps: [Gap]

    /// How many days have reports with sessions under an MTA-STS policy.
    public let days: Int

    /// The first and the last day reported; nil without reports.
    public let range: ClosedRange<ReportDay>?

    /// Sessions under an MTA-STS policy, successes and failures.
    public let sessions: Int

    /// Sessions of those that mode enforce would have stopped.
    public let stoppedSessions: Int

    /// Failed sessions of those under a policy whose domain nobody names. They count as ones of this domain; the
    /// successes beside them do not.
    public let unnamedFailures: Int

    /// What failed, the one to be mended first at the head: what still stops mail, then what leaves mail unprotected,
    /// then what is past; within each by the number of sessions.
    public let obstacles: [Obstacle]

    /// The senders, most stopped sessions first.
    public let senders: [Sender]

    /// The MX hosts that failures name, most stopped sessions first.
    public let mxHosts: [MXHost]

    /// Failures of one kind at one MX host.
    public struct Obstacle: Hashable, Sendable {
        /// What mode enforce makes of it.
        public enum Effect: String, Hashable, Sendable {
            /// The sender may not use the MX host (RFC 8461 section 5): mail waits, and is returned if no host is left.
            case stopsMail
            /// The sender had no valid policy: mail goes out as if there were none.
            case leavesMailUnprotected
        }

        /// Whether it is still there.
        public enum Standing: String, Hashable, Sendable {
            /// A sender that saw it has not yet reported long enough without it.
            case stands
            /// Every sender that saw it has since reported for days without it.
            case notSeenLately
            /// An MX host that no pattern matched, and that the published policy matches.
            case settledByPolicy
        }

        /// The result type; nil for failures that reports count without a detail.
        public let resultType: TLSResultType?

        /// The MX host as the reports name it; nil if they name none.
        public let mxHost: String?

        /// The failure reasons that reports give, at most eight, in order.
        public let reasons: [String]

        /// The sessions.
        public let sessions: Int

        /// The senders that reported it, in order.
        public let senders: [String]

        /// The last day it was seen.
        public let lastSeen: ReportDay?

        /// What mode enforce makes of it.
        public let effect: Effect

        /// Whether it is still there.
        public let standing: Standing

        /// What to do, a sentence for people.
        public let remedy: String
    }

    /// What one sender reported.
    public struct Sender: Hashable, Sendable {
        /// The submitter's domain, or else the organisation's name.
        public let name: String

        /// Its sessions under an MTA-STS policy.
        public let sessions: Int

        /// Its sessions that mode enforce would have stopped.
        public let stoppedSessions: Int

        /// Its sessions under no policy: it does not apply MTA-STS, or could not get the policy.
        public let sessionsWithoutPolicy: Int
    }

    /// Failures at one MX host.
    public struct MXHost: Hashable, Sendable {
        /// The host as reports name it.
        public let name: String

        /// Its sessions that mode enforce would have stopped.
        public let stoppedSessions: Int

        /// Whether a pattern of the published policy matches it.
        public let isInPolicy: Bool
    }
}
