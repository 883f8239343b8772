// SPDX-License-Identifier: Apache-2.0

public import STSCore
import Synchronization
public import TLSRPT

/// Reports kept in memory.
public final class MemoryReportSource: ReportSource {
    private let reports: Lock<[ReportDay: [DomainName: TLSReport]]>

    /// A source of these reports.
    public init(_ reports: [ReportDay: [DomainName: TLSReport]] = [:]) { self.reports = Lock(reports) }

    /// Adds the reports of a day.
    public func add(_ added: [DomainName: TLSReport], on day: ReportDay) {
        reports.withLock { $0[day, default: [:]].merge(added) { _, new in new } }
    }

    /// The days with reports, in order.
    public func days() -> [ReportDay] { reports.withLock { $0.keys.sorted() } }

    /// Gives the reports of a day in the order of their domains. See ``ReportSource``.
    public func forEachReport(
        on day: ReportDay,
        where isDue: (DomainName) -> Bool,
        _ body: (DomainName, TLSReport) async throws -> Void
    ) async throws {
        let reports = reports.withLock { $0[day] ?? [:] }
        for (domain, report) in reports.sorted(by: { $0.key < $1.key }) where isDue(domain) {
            try await body(domain, report)
        }
    }

    /// Removes a report.
    public func finish(_ domain: DomainName, on day: ReportDay, outcome: ReportOutcome) {
        reports.withLock { $0[day]?[domain] = nil }
    }

    /// Removes a day.
    public func finish(_ day: ReportDay) { reports.withLock { $0[day] = nil } }
}
