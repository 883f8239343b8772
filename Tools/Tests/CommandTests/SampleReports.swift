// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSZLIB
import TLSRPT

@testable import mta_sts

/// Reports for tests.
enum SampleReports {
    /// 2026-01-01.
    static let day = ReportDay(containing: UnixTime(secondsSinceEpoch: 1_767_225_600))

    /// A report of one entry.
    static func report(
        from organization: String = "Example Org",
        contact: String? = "tls@sender.example",
        domain: String = "example.com",
        days: Int64 = 0,
        ok: Int = 95,
        failed: Int = 5,
        details: [TLSReport.FailureDetail]? = nil,
        id: String? = nil
    ) -> TLSReport {
        let day = day.advanced(by: days)
        let detail = TLSReport.FailureDetail(
            resultType: .certificateExpired,
            sendingMTAIP: "192.0.2.1",
            receivingMXHostname: "mx.\(domain)",
            receivingIP: "192.0.2.2",
            failedSessions: failed,
            failureReasonCode: "X509_V_ERR_CERT_HAS_EXPIRED"
        )
        return TLSReport(
            organizationName: organization,
            dateRange: TLSReport.DateRange(day),
            contactInfo: contact,
            reportID: id ?? "\(day).\(domain).\(organization.utf8.count)@sender.example",
            policies: [
                TLSReport.PolicyEntry(
                    policy: TLSReport.Policy(
                        type: .sts,
                        lines: ["version: STSv1", "mode: testing", "mx: mx.\(domain)", "max_age: 86400"],
                        domain: domain,
                        mxHosts: ["mx.\(domain)"]
                    ),
                    summary: TLSReport.Summary(successfulSessions: ok, failedSessions: failed),
                    failureDetails: details ?? (failed > 0 ? [detail] : [])
                )
            ]
        )
    }

    /// A week of two senders and two domains.
    static let week: [TLSReport] = (Int64(0)..<7).flatMap { day -> [TLSReport] in
        let bad = day == 3
        return [
            report(days: day, ok: bad ? 400 : 900 + 10 * Int(day), failed: bad ? 120 : 0),
            report(
                from: "Another Organisation",
                contact: "reports@another.example",
                days: day,
                ok: 300,
                failed: 8,
                details: [
                    detail(.startTLSNotSupported, "mx2.example.com", 5),
                    detail(.validationFailure, "mx.example.com", 4, reason: "mx-mismatch"),
                ]
            ),
            report(domain: "other.example", days: day, ok: 7, failed: day == 6 ? 3 : 0, details: []),
        ]
    }

    static func detail(
        _ type: TLSResultType,
        _ host: String?,
        _ number: Int,
        reason: String? = nil
    ) -> TLSReport.FailureDetail {
        TLSReport.FailureDetail(
            resultType: type,
            receivingMXHostname: host,
            failedSessions: number,
            failureReasonCode: reason
        )
    }

    /// A tally of reports.
    static func tally(_ reports: [TLSReport], _ filter: ReportFilter = ReportFilter()) -> ReportTally {
        var tally = ReportTally(filter: filter)
        for (index, report) in reports.enumerated() { _ = tally.add(report, from: "report-\(index).json") }
        return tally
    }

    /// A mail that carries a report.
    static func mail(_ report: TLSReport, domain: String = "example.com") throws -> [UInt8] {
        try ReportMessage(
            report: report,
            policyDomain: try DomainName(parsing: domain),
            submitter: try DomainName(parsing: "sender.example"),
            recipient: "reports@example.com",
            attachment: .gzip(try ZLIBCompression().gzip(report.json())),
            date: day.next.start
        ).octets
    }
}

/// A folder that is gone when the test is over.
struct TemporaryFolder {
    let path: String

    /// Runs a test in a new folder.
    static func with<Value>(_ body: (TemporaryFolder) async throws -> Value) async throws -> Value {
        let url = FileManager.default.temporaryDirectory.appending(path: "mta-sts-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(TemporaryFolder(path: url.path))
    }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ octets: some Sequence<UInt8>, _ name: String) throws -> String {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(octets).write(to: url)
        return url.path
    }

    /// The files in it, by name.
    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// A text that is kept beside the tests.
enum Golden {
    /// The text. With `MTASTS_RECORD_GOLDEN` set it is written first.
    static func text(_ name: String, recording text: @autoclosure () -> String) throws -> String {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["MTASTS_RECORD_GOLDEN"] != nil {
            try Data(text().utf8).write(to: url)
        }
        return try String(contentsOf: url, encoding: .utf8)
    }
}
