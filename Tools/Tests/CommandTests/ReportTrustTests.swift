// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import TLSRPT
import Testing

@testable import mta_sts

@Suite("Reports by mail and their DKIM signatures (RFC 8460 section 3)")
struct ReportTrustTests {
    private static let server = "mx.example.com"
    private static let verdict = "Authentication-Results: MX.example.com; dkim=pass header.d=sender.example"

    private func read(_ mails: [[UInt8]], _ trust: MailTrust) throws -> (tally: ReportTally, reports: [TLSReport]) {
        var tally = ReportTally(trust: trust)
        var reports: [TLSReport] = []
        for (index, mail) in mails.enumerated() {
            for file in ReportFileReader(compression: nil).read(mail, name: "\(index).eml") {
                if let report = tally.add(file) { reports.append(report) }
            }
        }
        return (tally, reports)
    }

    private func mail(_ report: TLSReport, _ fields: String...) -> [UInt8] {
        let head = fields.map { "\($0)\r\n" }.joined()
        return Array("\(head)MIME-Version: 1.0\r\nContent-Type: application/tlsrpt+json\r\n\r\n".utf8) + report.json()
    }

    @Test(
        .proves("R-SEND-09"),
        arguments: [
            ([verdict], ""), ([], "no Authentication-Results of mx.example.com"),
            (["Authentication-Results: mx.example.com; dkim=fail header.d=sender.example"], "no valid DKIM signature"),
            (["Authentication-Results: mx.example.com; dkim=pass header.d=other.example"], "no valid DKIM signature"),
            (
                ["Authentication-Results: mx.other.example; dkim=pass header.d=sender.example"],
                "no Authentication-Results"
            ),
            ([verdict, "DKIM-Signature: v=1; d=sender.example; l=9; h=from"], "no valid DKIM signature"),
        ]
    )
    func signatures(fields: [String], reason: String) throws {
        let mail = fields.reduce(mail(SampleReports.report())) { Array("\($1)\r\n".utf8) + $0 }
        let (tally, reports) = try read([mail], .signed(checkedBy: Self.server))
        #expect(reports.count == (reason.isEmpty ? 1 : 0))
        #expect(tally.unchecked == 0)
        #expect(tally.unsigned.listed.map(\.origin).count == 1 - reports.count)
        #expect(tally.unsigned.listed.first?.reason.contains(reason) ?? true)
        #expect(tally.text().contains("(1 unsigned)") == !reason.isEmpty)
        #expect(tally.json.contains(#""unsigned":[]"#) == reason.isEmpty)
    }

    @Test func aDomainAboveTheSubmitterMaySignForIt() throws {
        let report = SampleReports.report(contact: "tls@mail.sender.example")
        #expect(try read([mail(report, Self.verdict)], .signed(checkedBy: Self.server)).reports.count == 1)
        let top = "Authentication-Results: mx.example.com; dkim=pass header.d=example"
        #expect(try read([mail(report, top)], .signed(checkedBy: Self.server)).reports.isEmpty)
        let below = "Authentication-Results: mx.example.com; dkim=pass header.d=a.mail.sender.example"
        #expect(try read([mail(report, below)], .signed(checkedBy: Self.server)).reports.isEmpty)
    }

    /// A stranger may write any field of a mail that is attached to another.
    @Test func aMailInsideAnotherIsNoEvidence() throws {
        let inner = mail(SampleReports.report(), Self.verdict)
        let outer = Array("\(Self.verdict)\r\nContent-Type: message/rfc822\r\n\r\n".utf8) + inner
        let (tally, reports) = try read([outer], .signed(checkedBy: Self.server))
        #expect(reports.isEmpty)
        #expect(tally.unsigned.listed.first?.reason.contains("inside another mail") == true)
        #expect(try read([outer], .all).reports.count == 1)
    }

    @Test func aForgedReportHidesNoGenuineOne() throws {
        let forged = mail(SampleReports.report(ok: 9_999, failed: 0))
        let genuine = mail(SampleReports.report(), Self.verdict)
        let (tally, reports) = try read([forged, genuine], .signed(checkedBy: Self.server))
        #expect(reports.map(\.policies.first?.summary.failedSessions) == [5])
        #expect((tally.duplicates, tally.unsigned.count) == (0, 1))
    }

    @Test func aReportWithoutContactIsOfTheSubmitterThatSigned() throws {
        let report = SampleReports.report(contact: nil, id: "1")
        let field = "TLS-Report-Submitter: evil.example"
        let verdict = "Authentication-Results: mx.example.com; dkim=pass header.d=evil.example"
        let (tally, reports) = try read(
            [
                mail(report, verdict, field), mail(report, Self.verdict, "TLS-Report-Submitter: sender.example"),
                mail(report, Self.verdict),
            ],
            .signed(checkedBy: Self.server)
        )
        #expect(reports.map(\.submitter?.description) == ["evil.example", "sender.example"])
        #expect((tally.duplicates, tally.unsigned.count) == (0, 1))
    }

    @Test func whatNobodyCheckedIsSaidOnce() throws {
        let mails = (Int64(0)..<3).map { mail(SampleReports.report(days: $0)) }
        let (unchecked, _) = try read(mails + [Array(SampleReports.report(days: 3).json())], .unchecked)
        #expect((unchecked.reports, unchecked.unchecked) == (4, 3))
        #expect(unchecked.text().contains("3 reports by mail: no DKIM signature was checked (--authserv-id)"))
        #expect(unchecked.json.contains(#""unchecked":3"#))
        let (trusted, _) = try read(mails, .all)
        #expect((trusted.reports, trusted.unchecked) == (3, 0))
        #expect(!trusted.text().contains("authserv-id"))
    }

    @Test(arguments: [
        (MailTrust.unchecked, Int32(1), "Nothing is called safe"), (.all, 0, "Mode enforce is safe"),
        (.signed(checkedBy: server), 2, "Not enough"),
    ])
    func nothingIsSafeByWhatNobodyChecked(trust: MailTrust, exitCode: Int32, text: String) throws {
        var advisor = RolloutAdvisor(
            policyDomain: try DomainName(parsing: "example.com"),
            policy: try STSPolicy(parsing: "version: STSv1\nmode: testing\nmx: mx.example.com\nmax_age: 86400\n"),
            today: SampleReports.day.advanced(by: 16)
        )
        let mails = (Int64(0)..<16).map { mail(SampleReports.report(days: $0, failed: 0)) }
        let (tally, reports) = try read(mails, trust)
        for report in reports { advisor.add(report) }
        let output = ReportAdviseCommand.output(advisor.advice(), tally, style: .plain)
        #expect(output.exitCode == exitCode)
        #expect(output.output.hasPrefix(text), "\(output.output)")
        #expect(output.output.contains("--trust-unsigned") == (trust == .unchecked))
        #expect(output.errors.contains("warning: 0.eml > part 1: left out: ") == (exitCode == 2))
        for line in output.output.split(separator: "\n") { #expect(line.count <= TextTable.lineWidth, "\(line)") }
    }

    @Test func staleReportsAreNotEnough() throws {
        var advisor = RolloutAdvisor(
            policyDomain: try DomainName(parsing: "example.com"),
            policy: try STSPolicy(parsing: "version: STSv1\nmode: testing\nmx: mx.example.com\nmax_age: 86400\n"),
            today: SampleReports.day.advanced(by: 333)
        )
        let reports = (Int64(0)..<16).map { SampleReports.report(days: $0, failed: 0) }
        for report in reports { advisor.add(report) }
        let output = ReportAdviseCommand.output(advisor.advice(), SampleReports.tally(reports), style: .plain)
        #expect(output.exitCode == 1)
        #expect(output.output.contains("The last day reported is 2026-01-16, too long ago: add the newest reports"))
    }
}
