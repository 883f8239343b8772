// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// A mail that carries a report to a mailto destination (RFC 8460 section 5.3).
///
/// It is a `multipart/report` of a summary for people and the report for programs. All of it is ASCII, lines end with
/// CR LF and have at most 998 octets, and no value given can begin a header field of its own. The same report for the
/// same recipient always gives the same message but for the date, so that a receiver sees a retry as what it is.
///
/// The reporting domain must sign it by DKIM (section 3), which ``mail(signing:)`` asks about.
public struct ReportMessage: Hashable, Sendable {
    /// The report for programs, encoded already.
    public enum Attachment: Hashable, Sendable {
        /// The JSON text, compressed by gzip: `application/tlsrpt+gzip` (section 5.2), which a sender should prefer.
        case gzip([UInt8])
        /// The JSON text: `application/tlsrpt+json`.
        case json([UInt8])

        var isCompressed: Bool {
            if case .gzip = self { true } else { false }
        }

        var octets: [UInt8] {
            switch self {
            case .gzip(let octets), .json(let octets): octets
            }
        }

        /// `application/tlsrpt+gzip` or `application/tlsrpt+json`.
        public var mediaType: String { isCompressed ? "application/tlsrpt+gzip" : "application/tlsrpt+json" }

        /// Whether the octets begin as their kind does: by the magic number of gzip, or by a brace.
        var isPlausible: Bool { isCompressed ? octets.starts(with: [0x1F, 0x8B]) : octets.first == 0x7B }
    }

    /// The header fields that the DKIM signature must cover: the two of RFC 8460 section 5.3, and those that RFC 6376
    /// section 5.4.1 advises or that steer the message. The whole body must be signed: no tag `l=` (section 3).
    public static let fieldsToSign = [
        "From", "To", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type", "TLS-Report-Domain",
        "TLS-Report-Submitter", "TLS-Required", "Auto-Submitted",
    ]

    /// The domain of the report's contact-info, which must sign the message.
    public let submitter: DomainName

    /// The address in From, the envelope's sender too.
    public let sender: String

    /// The address in To, the envelope's recipient too.
    public let recipient: String

    /// The subject.
    public let subject: ReportSubject

    /// The attachment's file name.
    public let fileName: ReportFileName

    /// The message id with its angle brackets. It is derived from the report's id and the recipient alone.
    public let messageID: String

    /// The message, unsigned.
    public let octets: [UInt8]

    /// A mail with a report.
    ///
    /// - Parameters:
    ///   - report: The report; it must have a contact-info, a report-id of the form `left@right` and a date-range.
    ///   - policyDomain: The domain that the report is about, whose record named the recipient.
    ///   - submitter: The reporting domain; the domain of contact-info must be the same.
    ///   - sender: The address to send from; contact-info if nil.
    ///   - recipient: The address of the mailto destination, decoded.
    ///   - attachment: The report as a file.
    ///   - date: When the message is written.
    ///   - unique: Letters and digits for the file name that tell apart several sources of one submitter.
    /// - Throws: ``Fault`` if no proper message can be made of that.
    public init(
        report: TLSReport,
        policyDomain: DomainName,
        submitter: DomainName,
        sender: String? = nil,
        recipient: String,
        attachment: Attachment,
        date: UnixTime,
        unique: String? = nil
    ) throws(Fault) {
        guard let contactInfo = report.contactInfo else { throw .missing(member: "contact-info") }
        // RFC 8460 section 5.3: TLS-Report-Submitter must be the domain of contact-info.
        guard report.submitter == submitter else {
            throw .submitterMismatch(contactInfo: contactInfo, submitter: submitter)
        }
        guard let reportID = report.reportID else { throw .missing(member: "report-id") }
        guard let subject = ReportSubject(policyDomain: policyDomain, submitter: submitter, reportID: reportID) else {
            throw .reportID(reportID)
        }
        guard report.dateRange.start != nil, report.dateRange.end != nil else { throw .missing(member: "date-range") }
        let fileName = ReportFileName(
            submitter: submitter,
            policyDomain: policyDomain,
            range: report.dateRange,
            unique: unique,
            isCompressed: attachment.isCompressed
        )
        guard let fileName, fileName.description.utf8.count <= ReportSubject.maximumReportIDOctets else {
            throw .fileName
        }
        guard attachment.isPlausible else { throw .attachment }
        self.submitter = submitter
        self.sender = try MailAddress.checked(sender ?? contactInfo, for: .sender)
        self.recipient = try MailAddress.checked(recipient, for: .recipient)
        self.subject = subject
        self.fileName = fileName
        let token = ReportMessageWriter.token(reportID, self.recipient)
        messageID = "<tlsrpt.\(token)@\(submitter)>"
        let writer = ReportMessageWriter(report: report, subject: subject, fileName: fileName, token: token)
        let header = writer.header(from: self.sender, to: self.recipient, date: date, messageID: messageID)
        octets = writer.message(header: header, attachment: attachment)
    }
}

extension ReportMessage {
    /// Whose address is at fault.
    public enum Role: String, Hashable, Sendable {
        /// The address in From.
        case sender
        /// The address in To.
        case recipient
    }

    /// Why no message can be made.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The report lacks a member that the message needs.
        case missing(member: String)
        /// The domain of contact-info is not the submitter (RFC 8460 section 5.3).
        case submitterMismatch(contactInfo: String, submitter: DomainName)
        /// The report-id is not of the form `left@right` that the subject needs, or longer than
        /// ``ReportSubject/maximumReportIDOctets``.
        case reportID(String)
        /// No file name can be made: the range lies before 1970, or the unique id is not of letters and digits, or too
        /// long.
        case fileName
        /// The attachment begins neither as gzip nor as JSON, whichever it is to be.
        case attachment
        /// An address is none, or several, holds control characters or is longer than RFC 5321 section 4.5.3.1 allows.
        case address(Role)
        /// The local part of an address is not ASCII. Only servers with SMTPUTF8 (RFC 6531) take that, and reports are
        /// written for any server.
        case internationalLocalPart(Role)
        /// The domain of an address is in U-labels: convert it to A-labels first.
        case internationalDomain(Role)

        /// A sentence for people.
        public var description: String {
            switch self {
            case .missing(let member): "the report has no \(member)"
            case .submitterMismatch(let contactInfo, let submitter):
                "the domain of contact-info (\(MailSyntax.visible(contactInfo, limit: 320))) is not \(submitter)"
            case .reportID(let id): "the report-id \(MailSyntax.visible(id, limit: 80)) is not of the form left@right"
            case .fileName: "no file name can be made: a range before 1970, or a unique id not of letters and digits"
            case .attachment: "the attachment does not begin as its kind does"
            case .address(let role): "the \(role.rawValue) is no mail address"
            case .internationalLocalPart(let role):
                "the local part of the \(role.rawValue)'s address is not ASCII, which needs SMTPUTF8"
            case .internationalDomain(let role): "the domain of the \(role.rawValue)'s address is not in A-labels"
            }
        }
    }
}

/// An address for a header field and for the envelope.
enum MailAddress {
    /// The address with its local part in quotes where it needs them and its domain in lower case.
    static func checked(_ text: String, for role: ReportMessage.Role) throws(ReportMessage.Fault) -> String {
        // The path with its angle brackets has at most 256 octets (RFC 5321 section 4.5.3.1.3).
        guard text.utf8.count <= 1_024, let address = try? MailtoAddress.read(Array(text.utf8)),
            address.utf8.count <= 254, let at = address.utf8.lastIndex(of: 0x40)
        else { throw .address(role) }
        let local = address.utf8[..<at]
        guard local.allSatisfy({ $0 < 0x80 }) else { throw .internationalLocalPart(role) }
        guard address.utf8[at...].allSatisfy({ $0 < 0x80 }) else { throw .internationalDomain(role) }
        guard local.count <= 64 else { throw .address(role) }
        return address
    }
}
