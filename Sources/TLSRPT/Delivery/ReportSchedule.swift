// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// When a report is sent: some time after its day (RFC 8460 section 4.1), and again after failures (section 5.5).
///
/// The delay after the day's end looks random but is computed, so that it is the same after a restart: it differs from
/// domain to domain, from day to day and from submitter to submitter.
public struct ReportSchedule: Hashable, Sendable {
    /// Who sends the reports.
    public let submitter: DomainName

    /// The reports of a day are spread over this time after its end, in seconds; four hours by RFC 8460 section 4.1.
    public var spreadSeconds: Int64 = 14_400

    /// No report is sent sooner after its day's end, in seconds, so that the day's last sessions have been written down
    /// by then.
    public var earliestSeconds: Int64 = 300

    /// The pause after the first failure; it doubles with each further one.
    public var firstPause = Duration.seconds(300)

    /// The longest pause.
    public var longestPause = Duration.seconds(14_400)

    /// How long after the first attempt there may be another one; 24 hours by RFC 8460 section 5.5.
    public var patience = Duration.seconds(86_400)

    /// The schedule of the RFC for a submitter.
    public init(submitter: DomainName) { self.submitter = submitter }

    /// When the report on a domain and a day is first sent: ``earliestSeconds`` to ``spreadSeconds`` after the day's end,
    /// at least a second.
    public func firstAttempt(about domain: DomainName, on day: ReportDay) -> UnixTime {
        // A hash of the three, and a last mix so that all bits count.
        var hash = FNV1a.hash64("\(submitter) \(day) \(domain)".utf8.span)
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 31
        let earliest = min(max(1, earliestSeconds), max(1, spreadSeconds))
        let delay = earliest + Int64(hash % UInt64(max(1, spreadSeconds) - earliest + 1))
        return day.next.start.advanced(bySeconds: delay)
    }

    /// The pause before the next attempt, nil if there is to be none.
    ///
    /// - Parameters:
    ///   - failures: How many attempts have failed, 1 or more.
    ///   - elapsed: The time from the first attempt to the end of the last one.
    public func pause(afterFailures failures: Int, elapsed: Duration) -> Duration? {
        var pause = min(max(firstPause, .seconds(1)), longestPause)
        for _ in 1..<max(1, min(failures, 64)) where pause < longestPause { pause = min(pause * 2, longestPause) }
        return elapsed + pause <= patience ? pause : nil
    }
}
