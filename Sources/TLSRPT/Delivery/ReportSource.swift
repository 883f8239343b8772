// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Where the sender of reports (`TLSReporter` of MTASTS) gets them from, and where it notes which are done with.
///
/// What is noted should outlast a restart, lest reports be sent twice; a report that is has the same report-id and the
/// same octets, so that its receiver can tell (RFC 8460 section 5.3).
public protocol ReportSource: Sendable {
    /// The days that have reports which are not done with, in order. A day that is not over yet may be among them.
    func days() async throws -> [ReportDay]

    /// Gives those reports of a day that are not done with, domain by domain, to `body`, one after the other.
    ///
    /// - Parameters:
    ///   - day: The day.
    ///   - isDue: Whether the report on a domain is wanted now; asked once for each domain. A report that is not wanted
    ///     need not be made.
    ///   - body: Takes a report; it may take long.
    func forEachReport(
        on day: ReportDay,
        where isDue: (DomainName) -> Bool,
        _ body: (DomainName, TLSReport) async throws -> Void
    ) async throws

    /// Notes that a report is done with: it is not to be given again.
    func finish(_ domain: DomainName, on day: ReportDay, outcome: ReportOutcome) async throws

    /// Notes that all reports of a day are done with: all of the day may be removed.
    func finish(_ day: ReportDay) async throws
}
