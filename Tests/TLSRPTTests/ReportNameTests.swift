// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing

@testable import TLSRPT

@Suite("TLSRPT: file names and subjects")
struct ReportNameTests {
    @Test(
        "File names that are read, and as they are written (RFC 8460 section 5.1, R-SEND-01)",
        .proves("R-SEND-01"),
        arguments: [
            ("mail.s.example!d.example!1470009600!1470095999!001.json.gz", nil),
            ("mail.s.example!d.example!1470013207!1470186007.json", nil),
            ("Mail.S.example!D.example!1!2.JSON.GZ", "mail.s.example!d.example!1!2.json.gz"),
            ("a.example!b.example!007!0!A1z.Json", "a.example!b.example!7!0!A1z.json"),
        ] as [(String, String?)]
    )
    func fileName(text: String, written: String?) throws {
        let name = try ReportFileName(parsing: text)
        #expect(name.description == written ?? text)
        #expect(ReportFileName(name.description) == name)
    }

    @Test(
        "File names that are refused",
        .proves("R-SEND-01"),
        arguments: [
            ("", ReportFileName.ParseError.Code.fieldCount), ("a.example!b.example!1.json", .fieldCount),
            ("a.example!b.example!1!2!a!b.json", .fieldCount), ("a.example!b.example!1!2", .fileExtension),
            ("a.example!b.example!1!2.json.zip", .fileExtension), ("a.example!b.example!1!2.xml.gz", .fileExtension),
            ("!b.example!1!2.json", .domain), ("a.example!é.example!1!2.json", .domain),
            ("a.example!b.example!!2.json", .time), ("a.example!b.example!-1!2.json", .time),
            ("a.example!b.example!1!+2.json", .time), ("a.example!b.example!1!99999999999999999999.json", .time),
            ("a.example!b.example!1!2!.json", .unique), ("a.example!b.example!1!2!a-b.json", .unique),
        ]
    )
    func badFileName(text: String, code: ReportFileName.ParseError.Code) {
        let error = #expect(throws: ReportFileName.ParseError.self) { try ReportFileName(parsing: text) }
        #expect(error?.code == code)
    }

    @Test("Subjects are folded at 78 octets where that can be, and never reach 998 (R-SEND-05)", .proves("R-SEND-05"))
    func folding() throws {
        let short = try #require(
            ReportSubject(
                policyDomain: DomainName(parsing: "example.net"),
                submitter: DomainName(parsing: "mail.sender.example"),
                reportID: "735ff.e317+bf22029@mail.example"
            )
        )
        let line = "Report Domain: example.net Submitter: mail.sender.example"
        #expect(short.headerField == "Subject: \(line) Report-ID:\r\n <735ff.e317+bf22029@mail.example>\r\n")
        #expect(short.description == "\(line) Report-ID: <735ff.e317+bf22029@mail.example>")
        let label = String(repeating: "a", count: 63)
        let name = try DomainName(
            parsing: [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        )
        let id = String(repeating: "i", count: 450) + "@" + String(repeating: "j", count: 449)
        let long = try #require(ReportSubject(policyDomain: name, submitter: name, reportID: id))
        let lines = long.headerField.split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count < 998 })
        #expect(lines.dropFirst().allSatisfy { $0.first == " " })
        #expect(try ReportSubject.read(String(long.headerField.dropFirst(8))).subject == long)
        for id in ["", "a", "@b", "a@", "a b@c", "a@b@c", "a.@b", "<a@b>", "é@b", id + "k"] {
            #expect(ReportSubject(policyDomain: name, submitter: name, reportID: id) == nil, "\(id)")
        }
    }

    static let good = "Report Domain: d.example Submitter: s.example Report-ID: <a@b>"

    @Test(
        "Subjects that are read, and what is forgiven",
        .proves("R-SEND-05"),
        arguments: [
            (good, "a@b", []), ("\(good) (a comment (nested \\) one))", "a@b", []),
            ("Report\r\n Domain:\t D.example.\r\n Submitter: s.example\n Report-ID:  <a@b>\r\n", "a@b", []),
            ("report domain: d.example submitter: s.example report-id: <a@b>", "a@b", [.keywordCase]),
            ("Report Domain: d.example Submitter: s.example Report-ID: a@b", "a@b", [.missingBrackets]),
            ("Report Domain: d.example Submitter: s.example Report-ID: <5065427c>", "5065427c", [.reportIDForm]),
            ("Report Domain: d.example Submitter: s.example Report-ID: <a@[::1]>", "a@[::1]", []),
        ] as [(String, String, [ReportSubject.Deviation])]
    )
    func subject(text: String, id: String, deviations: [ReportSubject.Deviation]) throws {
        let reading = try ReportSubject.read(text)
        #expect(reading.subject.policyDomain.description == "d.example")
        #expect(reading.subject.submitter.description == "s.example")
        #expect(reading.subject.reportID == id)
        #expect(reading.deviations == deviations)
    }

    @Test(
        "Subjects that are refused",
        .proves("R-SEND-05"),
        arguments: [
            ("", ReportSubject.ParseError.Code.keyword), ("Re: \(good)", .keyword), ("Report d.example", .keyword),
            ("Report Domain: d.example Report-ID: <a@b>", .keyword), ("Report Domain: é.example", .domain),
            ("Report Domain: d.example Submitter: Example Corporation Report-ID: <a@b>", .keyword),
            ("Report Domain: d.example Submitter: s.example Report-ID:", .reportID),
            ("Report Domain: d.example Submitter: s.example Report-ID: <a@b", .reportID),
            ("Report Domain: d.example Submitter: s.example Report-ID: <>", .reportID),
            ("\(good) x", .trailing), ("\(good) (x", .trailing),
        ]
    )
    func badSubject(text: String, code: ReportSubject.ParseError.Code) {
        let error = #expect(throws: ReportSubject.ParseError.self) { try ReportSubject.read(text) }
        #expect(error?.code == code)
    }

    @Test(
        "Where the mail contradicts the report it is named; the report is right (RFC 8460 section 5.6, R-SEND-19)",
        .proves("R-SEND-19")
    )
    func conflicts() throws {
        let mail = """
            Subject: Report Domain: x.example Submitter: y.example Report-ID: <z@y.example>
            TLS-Report-Domain: Policy.EXAMPLE.
            TLS-Report-Submitter: w.example
            Content-Type: application/json; name="y.example!x.example!1795478399!1795564801.json"

            {}
            """
        let part = try #require(try ReportMailReader().attachments(of: Array(mail.utf8)).parts.first)
        var report = SampleReport.report()
        #expect(
            part.conflicts(with: report).map { "\($0.source.rawValue) \($0.item.rawValue)" } == [
                "subject policyDomain", "subject submitter", "subject reportID", "field submitter",
                "fileName policyDomain", "fileName submitter", "fileName begin", "fileName end",
            ]
        )
        // The next day's first second for the last of this one, and an id with its brackets, are no conflicts.
        report.dateRange.end = UnixTime(secondsSinceEpoch: 1_795_564_800)
        report.reportID = "<z@y.example>"
        report.policies[0].policy.domain = "X.example"
        report.contactInfo = nil
        #expect(part.conflicts(with: report).map(\.item) == [.policyDomain, .begin])
    }
}
