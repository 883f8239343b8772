// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

/// A report and what a message is made of, for tests.
enum SampleReport {
    static let date = UnixTime(secondsSinceEpoch: 1_795_572_891)

    static func report(
        organization: String? = "Example Sender AG",
        contactInfo: String? = "tlsrpt@sender.example",
        id: String? = "2026-11-24.policy.example@sender.example",
        start: Int64 = 1_795_478_400
    ) -> TLSReport {
        TLSReport(
            organizationName: organization,
            dateRange: .init(ReportDay(containing: UnixTime(secondsSinceEpoch: start))),
            contactInfo: contactInfo,
            reportID: id,
            policies: [
                .init(
                    policy: .init(type: .sts, domain: "policy.example"),
                    summary: .init(successfulSessions: 412, failedSessions: 3),
                    failureDetails: [.init(resultType: .certificateExpired, failedSessions: 3)]
                )
            ]
        )
    }

    static func message(
        _ report: TLSReport = report(),
        submitter: String = "sender.example",
        sender: String? = nil,
        recipient: String = "tlsrpt@policy.example",
        attachment: ReportMessage.Attachment? = nil,
        unique: String? = nil
    ) throws -> ReportMessage {
        try ReportMessage(
            report: report,
            policyDomain: DomainName(parsing: "policy.example"),
            submitter: DomainName(parsing: submitter),
            sender: sender,
            recipient: recipient,
            attachment: attachment ?? .gzip(MailVector.octets(of: "report.json.gz")),
            date: date,
            unique: unique
        )
    }
}

@Suite("TLSRPT: writing report mail")
struct ReportMessageTests {
    @Test(
        "The message is that of Tests/Vectors/mail/written.eml, which other readers were tried on",
        .proves("R-SEND-01", "R-SEND-03", "R-SEND-04", "R-SEND-05", "R-SEND-13")
    )
    func written() throws {
        let message = try SampleReport.message()
        #expect(try message.octets == MailVector.octets(of: "written.eml"))
        #expect(message.fileName.description == "sender.example!policy.example!1795478400!1795564799.json.gz")
        #expect(message.sender == "tlsrpt@sender.example")
    }

    @Test(
        "Our own reader finds the same attachment and fields, and nothing to forgive",
        .proves("R-SEND-03", "R-SEND-04"),
        arguments: [true, false]
    )
    func roundTrip(isCompressed: Bool) throws {
        let file = try MailVector.octets(of: isCompressed ? "report.json.gz" : "report.json")
        let report = SampleReport.report(organization: "Exämple \"quoted\\\" " + String(repeating: "ß", count: 300))
        let message = try SampleReport.message(
            report,
            attachment: isCompressed ? .gzip(file) : .json(file),
            unique: "01"
        )
        let contents = try ReportMailReader().attachments(of: message.octets)
        #expect(contents.deviations.isEmpty && contents.isTLSReport)
        let part = try #require(contents.parts.first)
        #expect(part.content == file)
        #expect(part.mediaType == (isCompressed ? "application/tlsrpt+gzip" : "application/tlsrpt+json"))
        #expect(part.fileName == message.fileName.description)
        #expect(part.fields.reportDomain == "policy.example")
        #expect(part.fields.reportSubmitter == "sender.example")
        #expect(part.fields.reportSubject?.subject == message.subject)
        #expect(part.fields.date == "Wed, 25 Nov 2026 02:14:51 +0000")
        #expect(part.fields.messageID == message.messageID)
        #expect(part.conflicts(with: report).isEmpty)
    }

    @Test(
        "No value begins a header field of its own, and no line is too long (R-TXTR-10)",
        .proves("R-TXTR-10"),
        arguments: [
            "a\r\nBcc: evil@x.example\r\n\r\nbody", "a\nBcc: b", "a\rBcc: b", "\u{85}\u{2028}x", "\0\u{1B}[2J", "\"a\\",
            String(repeating: "long ", count: 1_000), "=?UTF-8?B?eA==?=", "=_tlsrpt_",
        ]
    )
    func injection(organization: String) throws {
        let octets = try SampleReport.message(SampleReport.report(organization: organization)).octets
        #expect(octets.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) })
        let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
        #expect(lines.last?.isEmpty == true)
        #expect(lines.dropLast().allSatisfy { $0.last == 0x0D && $0.dropLast().allSatisfy { $0 != 0x0D } })
        #expect(lines.allSatisfy { $0.count <= 999 })
        let text = String(decoding: octets, as: UTF8.self)
        #expect(!text.contains("\nBcc"))
        let contents = try ReportMailReader().attachments(of: octets)
        #expect(contents.deviations.isEmpty && contents.parts.count == 1)
    }

    @Test("Lines with encoded words have at most 76 octets (RFC 2047 section 2)", arguments: 1..<60)
    func encodedWords(count: Int) throws {
        let name = String(repeating: "ß€", count: count)
        let octets = try SampleReport.message(SampleReport.report(organization: name)).octets
        let lines = String(decoding: octets, as: UTF8.self).split(separator: "\r\n").filter { $0.contains("=?UTF-8?") }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.utf8.count <= 76 })
        let from = try ReportMailReader().attachments(of: octets).fields.from
        #expect(from?.contains("=?UTF-8?B?") == true)
    }

    @Test("Names do not turn the text around them (bidi controls)")
    func bidirectional() throws {
        let turned = "a\u{202E}gz.nosj\u{2066}\u{200B}"
        let report = SampleReport.report(organization: turned)
        let mail = try SampleReport.message(report).octets
        var ignored = false
        let lines = String(
            decoding: QuotedPrintable.decoded(mail.span, 0..<mail.count, isMalformed: &ignored),
            as: UTF8.self
        )
        #expect(!lines.unicodeScalars.contains { $0.properties.generalCategory == .format })
        let attached = "Content-Type: application/json; name=\"\(turned)\"\n\n{}"
        let part = try #require(try ReportMailReader().attachments(of: Array(attached.utf8)).parts.first)
        #expect(part.fileName?.unicodeScalars.contains { $0.properties.generalCategory == .format } == false)
        #expect(part.fileName?.hasPrefix("a\u{FFFD}gz.nosj") == true)
    }

    @Test("A message is the same for a retry, and another for another recipient")
    func stable() throws {
        let first = try SampleReport.message()
        #expect(try SampleReport.message() == first)
        #expect(try SampleReport.message(recipient: "other@policy.example").messageID != first.messageID)
        #expect(first.messageID.hasSuffix("@sender.example>"))
    }

    /// A message that cannot be made, and the name of the fault.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let make: @Sendable () throws -> ReportMessage

        init(_ name: String, _ make: @escaping @Sendable () throws -> ReportMessage) {
            self.name = name
            self.make = make
        }

        var testDescription: String { name }
    }

    static let refusals = [
        Refusal("submitterMismatch") { try SampleReport.message(submitter: "other.example") },
        Refusal("missing") { try SampleReport.message(SampleReport.report(contactInfo: nil)) },
        Refusal("missing") { try SampleReport.message(SampleReport.report(id: nil)) },
        Refusal("reportID") { try SampleReport.message(SampleReport.report(id: "5065427c")) },
        Refusal("reportID") { try SampleReport.message(SampleReport.report(id: "a\r\nb@c")) },
        Refusal("reportID") {
            try SampleReport.message(SampleReport.report(id: String(repeating: "a", count: 900) + "@b"))
        },
        Refusal("fileName") { try SampleReport.message(SampleReport.report(start: -1)) },
        Refusal("fileName") { try SampleReport.message(unique: "a-b") },
        Refusal("attachment") { try SampleReport.message(attachment: .gzip([0x7B, 0x7D])) },
        Refusal("attachment") { try SampleReport.message(attachment: .json([])) },
        Refusal("address") { try SampleReport.message(recipient: "a\r\nBcc: b@x.example") },
        Refusal("address") { try SampleReport.message(recipient: "a@x.example,b@x.example") },
        Refusal("address") { try SampleReport.message(recipient: "a b") },
        Refusal("address") { try SampleReport.message(recipient: String(repeating: "a", count: 65) + "@x.example") },
        Refusal("internationalLocalPart") { try SampleReport.message(recipient: "ä@x.example") },
        Refusal("internationalDomain") { try SampleReport.message(recipient: "a@ä.example") },
        Refusal("address") { try SampleReport.message(sender: "nobody") },
    ]

    @Test("What cannot be sent is refused with its reason (R-SEND-04)", .proves("R-SEND-04"), arguments: refusals)
    func refused(refusal: Refusal) {
        let fault = #expect(throws: ReportMessage.Fault.self) { try refusal.make() }
        #expect(fault.map(Self.name) == refusal.name)
        #expect(fault?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
    }

    private static func name(_ fault: ReportMessage.Fault) -> String {
        switch fault {
        case .missing: "missing"
        case .submitterMismatch: "submitterMismatch"
        case .reportID: "reportID"
        case .fileName: "fileName"
        case .attachment: "attachment"
        case .address: "address"
        case .internationalLocalPart: "internationalLocalPart"
        case .internationalDomain: "internationalDomain"
        }
    }

    @Test("A quoted local part reaches the header and the envelope as it is")
    func quotedRecipient() throws {
        let message = try SampleReport.message(recipient: "\"r,s\"@Policy.example")
        #expect(message.recipient == "\"r,s\"@policy.example")
        #expect(String(decoding: message.octets, as: UTF8.self).contains("\r\nTo: <\"r,s\"@policy.example>\r\n"))
    }

    @Test("Counts at the end of their range do not trap, and many types are cut")
    func summary() throws {
        var report = SampleReport.report()
        report.policies[0].summary.failedSessions = .max
        report.policies.append(report.policies[0])
        report.policies[0].failureDetails = (0..<40).map {
            .init(resultType: TLSResultType(rawValue: "type-\($0)\r\n."), failedSessions: .max)
        }
        let text = String(decoding: try SampleReport.message(report).octets, as: UTF8.self)
        #expect(text.contains("failed:    \(Int.max)\r\n"))
        #expect(text.contains("  and 21 further types\r\n"))
    }

    @Test(
        "Dates of the field Date",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"), (1_795_572_891, "Wed, 25 Nov 2026 02:14:51 +0000"),
            (.max, "Fri, 31 Dec 9999 23:59:59 +0000"), (.min, "Sat, 01 Jan 0000 00:00:00 +0000"),
        ] as [(Int64, String)]
    )
    func dates(seconds: Int64, text: String) {
        #expect(MailSyntax.date(UnixTime(secondsSinceEpoch: seconds)) == text)
    }

    @Test("A boundary that a part holds is not taken")
    func boundary() {
        #expect(ReportMessageWriter.boundary("t", notIn: [Array("x=_tlsrpt_ty".utf8)]) == "=_tlsrpt_1_t")
        let both = [Array("=_tlsrpt_1_t".utf8), Array("==_tlsrpt_t".utf8)]
        #expect(ReportMessageWriter.boundary("t", notIn: both) == "=_tlsrpt_2_t")
    }
}

@Suite("TLSRPT: signing report mail")
struct ReportSignerTests {
    struct Signer: ReportSigner {
        let field: String
        func signature(of message: [UInt8]) async throws -> [UInt8] { Array(field.utf8) }
    }

    static let fields = ReportMessage.fieldsToSign.joined(separator: ":")

    @Test("The two fields of RFC 8460 section 5.3 are to be signed (R-SEND-07)", .proves("R-SEND-07"))
    func fieldsToSign() {
        #expect(Set(["TLS-Report-Domain", "TLS-Report-Submitter", "From"]).isSubset(of: ReportMessage.fieldsToSign))
    }

    @Test(
        "A proper signature stands before the message",
        .proves("R-SEND-06"),
        arguments: ["sender.example", "SENDER.example"]
    )
    func signed(domain: String) async throws {
        let message = try SampleReport.message()
        let field = "DKIM-Signature: v=1; d=\(domain); s=a;\r\n h=\(Self.fields); bh=eA==; b=eA==\r\n"
        let mail = try await message.mail(signing: .signed(by: Signer(field: field)))
        #expect(mail.message == Array(field.utf8) + message.octets)
        #expect(mail.recipient == message.recipient && mail.sender == message.sender)
        let contents = try ReportMailReader().attachments(of: mail.message)
        #expect(contents.fields.hasDKIMSignature && !contents.fields.hasDKIMLengthLimit)
        #expect(try await message.mail(signing: .signedByServer).message == message.octets)
    }

    @Test(
        "A signature that is none for a report is refused (R-SEND-06)",
        .proves("R-SEND-06", "R-SEND-07"),
        arguments: [
            ("DKIM-Signature: d=sender.example; l=100; h=\(fields)\r\n", ReportSignatureFault.lengthLimit),
            ("DKIM-Signature: d=other.example; h=\(fields)\r\n", .domain),
            ("DKIM-Signature: d=example; h=\(fields)\r\n", .domain),
            ("DKIM-Signature: d=ender.example; h=\(fields)\r\n", .domain),
            ("DKIM-Signature: d=sender.example; h=From:To:Subject\r\n", .fields),
            ("DKIM-Signature: d=sender.example; h=\(fields)", .form),
            ("DKIM-Signature: d=sender.example;\nh=\(fields)\r\n", .form),
            ("DKIM-Signature: d=sender.example; h=\(fields)\r\nBcc: a@x.example\r\n", .form),
            ("DKIM-Signature: d=sender.example; h=\(fields)\r\n\r\n", .form),
            ("X-Signature: d=sender.example; h=\(fields)\r\n", .form), ("", .form),
        ]
    )
    func refused(field: String, fault: ReportSignatureFault) async throws {
        let message = try SampleReport.message()
        await #expect(throws: fault) { try await message.mail(signing: .signed(by: Signer(field: field))) }
    }
}
