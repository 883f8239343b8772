// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

@Suite("TLSRPT: mails with reports")
struct ReportMailReaderTests {
    static let vectors = Result { try Vectors.load("mail", as: MailVector.self) }

    static func contents(_ file: String) throws -> MailContents {
        try ReportMailReader().attachments(of: MailVector.octets(of: file))
    }

    /// Deviations that say nothing of the mail's own structure where a forwarded report is concerned.
    static func names(_ contents: MailContents) -> Set<String> { Set(contents.deviations.map(\.kind.rawValue)) }

    @Test("Vectors of mails", .proves("R-SEND-03", "R-SEND-09"), arguments: try vectors.get())
    func vector(_ vector: MailVector) throws {
        let contents = try Self.contents(vector.file)
        let expected = vector.expect
        #expect(contents.isTLSReport == expected.tlsReport)
        #expect(contents.fields.reportDomain == expected.reportDomain)
        #expect(contents.fields.reportSubmitter == expected.reportSubmitter)
        #expect((contents.fields.reportSubject != nil) == expected.subject)
        let sender = try DomainName(parsing: "sender.example")
        #expect(contents.fields.hasValidDKIM(of: sender, checkedBy: "MX.policy.example") == expected.dkimPass)
        #expect(!contents.fields.hasValidDKIM(of: sender, checkedBy: "mx.other.example"))
        try #require(contents.parts.count == expected.parts.count)
        for (part, expected) in zip(contents.parts, expected.parts) {
            #expect(part.mediaType == expected.mediaType)
            #expect(part.fileName == expected.fileName)
            #expect(part.isForwarded == (expected.forwarded ?? false))
            if let file = expected.content { #expect(try part.content == MailVector.octets(of: file)) }
        }
        #expect(Self.names(contents) == Set(expected.deviations))
    }

    @Test("tlsrpt-report-038: multipart/report with application/tlsrpt+json is taken", .proves("R-SEND-03"))
    func note038() throws {
        let part = try #require(try Self.contents("report-json.eml").parts.first)
        #expect(part.mediaType == "application/tlsrpt+json")
        #expect(try part.content == MailVector.octets(of: "report.json"))
    }

    @Test("tlsrpt-report-039: a lone application/tlsrpt+json is taken, and named")
    func note039() throws {
        let contents = try Self.contents("lone-tlsrpt-json.eml")
        #expect(contents.isTLSReport)
        #expect(contents.parts.map(\.content.first) == [0x7B])
        #expect(Self.names(contents) == ["loneAttachment"])
    }

    @Test("tlsrpt-report-041: multipart/report with application/json is taken, and named", .proves("R-SEND-03"))
    func note041() throws {
        let contents = try Self.contents("inline-json.eml")
        #expect(try contents.parts.map(\.content) == [MailVector.octets(of: "report.json")])
        #expect(Self.names(contents) == ["mediaType"])
    }

    @Test("tlsrpt-report-042: multipart/report with application/tlsrpt+gzip is taken", .proves("R-SEND-03"))
    func note042() throws {
        let contents = try Self.contents("report-gzip.eml")
        #expect(contents.parts.map { $0.content.prefix(2) } == [[0x1F, 0x8B]])
        #expect(contents.deviations.isEmpty)
    }

    @Test(
        "b069: of text/plain and application/tlsrpt+gzip the second is the report, and never dropped silently",
        .proves("R-SEND-03")
    )
    func b069() throws {
        let contents = try Self.contents("report-fold.eml")
        #expect(contents.parts.map(\.mediaType) == ["application/tlsrpt+gzip"])
        let limited = ReportMailReader(limits: .init(parts: 2))
        let cut = try limited.attachments(of: MailVector.octets(of: "report-fold.eml"))
        #expect(cut.parts.isEmpty)
        #expect(Self.names(cut) == ["tooManyParts"])
    }

    @Test("b072: known by report-type or TLS-Report-Domain; other mail is skipped without an error")
    func b072() throws {
        for file in ["report-gzip.eml", "mixed-gzip.eml", "octet-stream.eml"] {
            #expect(try Self.contents(file).isTLSReport, "\(file)")
        }
        for file in ["ordinary.eml", "other-report.eml"] {
            let contents = try Self.contents(file)
            #expect(!contents.isTLSReport && contents.parts.isEmpty && contents.deviations.isEmpty, "\(file)")
        }
    }

    @Test("Fields of the header, the repeated and the 8-bit ones too", .proves("R-SEND-09"))
    func fields() throws {
        let mail =
            "From tlsrpt Wed Nov 25\r\nAUTHENTICATION-RESULTS : mx.a.example 1 ; dkim = pass (ok; dkim=fail) header.d=\"b.example\";\r\n"
            + "\tdkim=pass header.i=@c.example; dkim=fail header.d=d.example; spf=pass header.d=e.example\r\n"
            + "DKIM-Signature: v=1; d=C.example ; L=1; h=From : To:\r\n Subject\r\nDKIM-Signature: d=b.example; l = 5\r\n"
            + "Subject: one\r\nSubject: two\r\nFrom: x\u{FF}y\r\n\r\nbody"
        var octets = Array(mail.utf8)
        octets.replace([0xC3, 0xBF], with: [0xFF])
        let contents = try ReportMailReader().attachments(of: octets)
        let fields = contents.fields
        #expect(fields.subject == "one")
        #expect(fields.from == "x\u{FFFD}y")
        #expect(Self.names(contents) == ["mailboxLine", "repeatedField", "eightBitHeader"])
        #expect(fields.dkimSignatures.map(\.domain?.description) == ["c.example", "b.example"])
        #expect(fields.dkimSignatures.map(\.hasLengthLimit) == [false, true])
        #expect(fields.dkimSignatures[0].signedFields == ["from", "to", "subject"])
        #expect(fields.hasDKIMSignature && fields.hasDKIMLengthLimit)
        let results = try #require(fields.authenticationResults.first)
        #expect(results.serverID == "mx.a.example")
        let passing = ["a", "b", "c", "d", "e"].filter { name in
            DomainName("\(name).example").map(results.passesDKIM) ?? false
        }
        #expect(passing == ["b", "c"])
        #expect(fields.hasValidDKIM(of: try DomainName(parsing: "c.example"), checkedBy: "mx.a.example"))
        // b.example signed with a limit on the body.
        #expect(!fields.hasValidDKIM(of: try DomainName(parsing: "b.example"), checkedBy: "mx.a.example"))
    }

    @Test(
        "What is no mail is refused",
        arguments: [
            ("", MailFailure.noHeader), ("{\"a\": 1}", .noHeader), ("\u{1F}\u{8B}", .noHeader), ("no field", .noHeader),
            (": x\n", .noHeader), (String(repeating: "a", count: 101), .tooLarge(limit: 100)),
        ]
    )
    func refused(text: String, failure: MailFailure) {
        #expect(throws: failure) {
            try ReportMailReader(limits: .init(messageOctets: 100)).attachments(of: Array(text.utf8))
        }
        #expect(failure != .noHeader || !ReportMailReader.beginsAsMail(Array(text.utf8)))
    }

    @Test("Every name of a deviation has a text, and reports of the vectors name most of them")
    func deviations() throws {
        let texts = MailDeviation.Kind.allCases.map { MailDeviation(kind: $0, offset: 0).description }
        #expect(Set(texts).count == MailDeviation.Kind.allCases.count)
    }

    @Test(
        "Structures at fault are named",
        arguments: [
            ("Content-Type: multipart/mixed\n\n{}", "missingBoundary"),
            ("Content-Type: multipart/mixed; boundary=b\n\nx", "missingBoundary"),
            ("Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "missingBoundary"),
            ("Content-Transfer-Encoding: uuencode\n\n{}", "transferEncoding"),
            ("Content-Transfer-Encoding: quoted-printable\n\n{=zz}", "quotedPrintable"),
            ("Content-Type: application/json; name*0=a; name*2=b\n\n{}", "parameterGap"),
            ("Subject: a\nno field\n\n{}", "missingHeaderEnd"),
            ("Subject: \(String(repeating: "a", count: 999))\n\n{}", "longLine"),
            ("Subject: \(String(repeating: "a", count: 70_000))\n\n{}", "longField"),
        ]
    )
    func faults(mail: String, kind: String) throws {
        let contents = try ReportMailReader().attachments(of: Array(mail.utf8))
        #expect(Self.names(contents).contains(kind))
    }

    @Test("Transfer encodings are undone exactly")
    func encodings() throws {
        func content(_ encoding: String, _ body: String) throws -> String? {
            let head = "Content-Type: application/json\r\nContent-Transfer-Encoding: \(encoding)\r\n\r\n"
            let parts = try ReportMailReader().attachments(of: Array((head + body).utf8)).parts
            return parts.first.map { String(decoding: $0.content, as: UTF8.self) }
        }
        #expect(try content("quoted-printable", "a=3D=3d=\r\nb= \t\n c \t\r\n=C3=A9 ") == "a==b c\r\né")
        #expect(try content("base64", "YQ==") == "a")
        #expect(try content("Base64 (comment)", "YWI") == "ab")
        #expect(try content("base64", "Y-W_J j\r\n=Z") == "abc")
        #expect(try content("binary", "a\nb\r\n") == "a\nb\r\n")
    }
}
