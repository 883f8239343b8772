// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Writes the header and the body of a ``ReportMessage``.
struct ReportMessageWriter {
    let report: TLSReport
    let subject: ReportSubject
    let fileName: ReportFileName
    let token: String

    /// A name for what is derived from a report and its recipient: 128-bit FNV-1a in base 36.
    ///
    /// It need not resist an attacker: who can choose the report's id can choose the whole message.
    static func token(_ reportID: String, _ recipient: String) -> String {
        String(FNV1a.hash128([reportID, recipient].joined(separator: "\0").utf8.span), radix: 36)
    }

    /// The header fields but for Content-Type, each ended by CR LF.
    func header(from sender: String, to recipient: String, date: UnixTime, messageID: String) -> String {
        let name = MailSyntax.displayName(report.organizationName ?? "")
        return MailSyntax.folded("From", name + ["<\(sender)>"])
            + MailSyntax.folded("To", ["<\(recipient)>"])
            + MailSyntax.folded("Date", [MailSyntax.date(date)])
            + subject.headerField
            + MailSyntax.folded("Message-ID", [messageID])
            + MailSyntax.folded("TLS-Report-Domain", ["\(subject.policyDomain)"])
            + MailSyntax.folded("TLS-Report-Submitter", ["\(subject.submitter)"])
            // RFC 8689 section 4: later hops deliver it whatever policies say, as RFC 8460 section 5.3 wants of us.
            + "TLS-Required: No\r\n"
            // RFC 3834 section 5: no machine answers to this.
            + "Auto-Submitted: auto-generated\r\n"
            + "MIME-Version: 1.0\r\n"
    }

    /// The whole message.
    func message(header: String, attachment: ReportMessage.Attachment) -> [UInt8] {
        let text = textPart()
        let file = filePart(attachment)
        let boundary = Self.boundary(token, notIn: [text, file])
        var message = Array(header.utf8)
        message.reserveCapacity(message.count + text.count + file.count + 512)
        message += "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"\(boundary)\"\r\n\r\n".utf8
        message += "--\(boundary)\r\n".utf8
        message += text
        message += "--\(boundary)\r\n".utf8
        message += file
        message += "--\(boundary)--\r\n".utf8
        return message
    }

    /// A boundary that no part holds. `=_` occurs neither in quoted-printable nor in base64 (RFC 2045 section 6.7), but a
    /// text in plain ASCII may hold it.
    static func boundary(_ token: String, notIn parts: [[UInt8]]) -> String {
        var boundary = "=_tlsrpt_\(token)"
        var number = 0
        while parts.contains(where: { $0.contains(boundary.utf8) }) {
            number += 1
            boundary = "=_tlsrpt_\(number)_\(token)"
        }
        return boundary
    }

    private func textPart() -> [UInt8] {
        let text = Array(ReportSummary(report: report, subject: subject).text.utf8)
        if text.allSatisfy({ $0 < 0x80 }) {
            return Array("Content-Type: text/plain; charset=us-ascii\r\n".utf8)
                + Array("Content-Transfer-Encoding: 7bit\r\n\r\n".utf8) + text
        }
        return Array("Content-Type: text/plain; charset=utf-8\r\n".utf8)
            + Array("Content-Transfer-Encoding: quoted-printable\r\n\r\n".utf8) + QuotedPrintable.encoded(text)
    }

    private func filePart(_ attachment: ReportMessage.Attachment) -> [UInt8] {
        // The name stands on one line: folded within its quotes, as in the example of RFC 8460 section 5.3.1, it
        // would come to hold blanks.
        let header =
            "Content-Type: \(attachment.mediaType)\r\nContent-Transfer-Encoding: base64\r\n"
            + "Content-Disposition: attachment;\r\n filename=\"\(fileName)\"\r\n\r\n"
        return Array(header.utf8) + Base64.encoded(attachment.octets, lineOctets: 76)
    }
}

extension [UInt8] {
    /// Whether `text`, which is not empty, occurs.
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        guard let first = text.first else { return true }
        var index = startIndex
        while let start = self[index...].firstIndex(of: first) {
            if self[start...].starts(with: text) { return true }
            index = start + 1
        }
        return false
    }
}

/// The part of a ``ReportMessage`` that is for people.
struct ReportSummary {
    /// How many result types are listed.
    static let maximumResultTypes = 20

    let report: TLSReport
    let subject: ReportSubject

    /// The text, in lines ended by CR LF.
    var text: String {
        var lines = [
            "This is a TLS report (RFC 8460) about mail to \(subject.policyDomain).",
            "The attached file holds the details for programs.",
            "",
            "Organization:   \(Self.value(report.organizationName))",
            "Contact:        \(Self.value(report.contactInfo))",
            "Submitter:      \(subject.submitter)",
            "Policy domain:  \(subject.policyDomain)",
            "Begin:          \(Self.time(report.dateRange.start))",
            "End:            \(Self.time(report.dateRange.end))",
            "Report-ID:      \(subject.reportID)",
            "",
            "Sessions that succeeded: \(Self.sum(report.policies.map(\.summary.successfulSessions)))",
            "Sessions that failed:    \(Self.sum(report.policies.map(\.summary.failedSessions)))",
        ]
        let types = resultTypes
        if !types.isEmpty { lines += ["", "Failures by type (one session may have several):"] }
        lines += types.prefix(Self.maximumResultTypes).map { "  \(Self.value($0.type, limit: 64)): \($0.count)" }
        if types.count > Self.maximumResultTypes {
            lines.append("  and \(types.count - Self.maximumResultTypes) further types")
        }
        return lines.map { "\($0)\r\n" }.joined()
    }

    /// The failures of each result type, the most frequent first.
    private var resultTypes: [(type: String, count: Int)] {
        var counts: [String: Int] = [:]
        for detail in report.policies.flatMap(\.failureDetails) {
            counts[detail.resultType.rawValue] = Self.sum([
                counts[detail.resultType.rawValue, default: 0], detail.failedSessions,
            ])
        }
        return counts.map { (type: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.type) < ($0.count, $1.type) }
    }

    /// A sum that is held within the range of `Int`.
    private static func sum(_ counts: [Int]) -> Int {
        counts.reduce(0) { total, count in
            let (sum, overflow) = total.addingReportingOverflow(count)
            return overflow ? .max : sum
        }
    }

    private static func value(_ text: String?, limit: Int = 200) -> String {
        text.map { MailSyntax.visible($0, limit: limit) } ?? "-"
    }

    private static func time(_ moment: UnixTime?) -> String { moment.map { CivilTime($0).dateAndTime } ?? "-" }
}
