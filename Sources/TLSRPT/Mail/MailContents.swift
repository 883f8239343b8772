// SPDX-License-Identifier: Apache-2.0

/// What a mail holds that has to do with TLS reports; ``ReportMailReader`` gives it.
public struct MailContents: Hashable, Sendable {
    /// The header fields of the mail itself.
    public let fields: MailFields

    /// Whether the mail says that it carries a TLS report (RFC 8460 sections 5.3, 6.1, 6.2): by a `multipart/report` with
    /// `report-type=tlsrpt`, by a part `application/tlsrpt+json` or `application/tlsrpt+gzip`, or by a field
    /// TLS-Report-Domain, in the mail or in one forwarded inside it.
    ///
    /// A mail without any of that is ordinary mail, and not at fault. It may have ``parts`` all the same: reports of
    /// careless senders, and the attachments of other mail, which are to be skipped.
    public let isTLSReport: Bool

    /// The parts that may be a report, or an archive of reports, in the order of the mail, decoded, not expanded.
    public let parts: [MailPart]

    /// What was forgiven, each kind once, in the order of its first place.
    public let deviations: [MailDeviation]
}

/// A part of a mail that may be a report.
///
/// Media type and file name come from outside and may be wrong: go by the content.
public struct MailPart: Hashable, Sendable {
    /// The media type in lower case without parameters, as in `application/tlsrpt+gzip`; `text/plain` where the mail does
    /// not say (RFC 2045 section 5.2).
    public let mediaType: String

    /// The file name that the mail gives, for people: never to be used as a path. What could change how the text around it
    /// looks, control characters and those that turn the direction of text, is U+FFFD.
    public let fileName: String?

    /// The content, its transfer encoding undone; compressed still if it is compressed.
    public let content: [UInt8]

    /// The header fields of the message that the part stands in: the mail's own, or those of a mail forwarded inside.
    public let fields: MailFields

    /// Whether the part stands in a mail that was forwarded inside another. Its DKIM signature can hardly be verified
    /// any more, and who forwards a report may write what they like.
    public let isForwarded: Bool
}

/// What was forgiven in a mail.
public struct MailDeviation: Hashable, Sendable, CustomStringConvertible {
    /// What it is.
    public let kind: Kind

    /// The offset in octets, from 0, of its first place; within a forwarded mail that was itself encoded, from the
    /// beginning of that.
    public let offset: Int

    /// A sentence for people, which counts octets from 1.
    public var description: String { "octet \(offset + 1): \(kind.explanation)" }

    /// A kind of deviation from RFC 5322, RFC 2045, RFC 2046 or RFC 8460.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Lines end with a bare LF.
        case bareLineFeed
        /// A line of a header has more than 998 octets.
        case longLine
        /// A header holds octets above 0x7F that are no UTF-8; they became U+FFFD.
        case eightBitHeader
        /// The value of a header field is longer than the limit; the rest of it is not looked at.
        case longField
        /// A header field that may stand once is repeated; the first counts.
        case repeatedField
        /// A header does not end with an empty line, but with a line that is no field; the body begins there.
        case missingHeaderEnd
        /// The mail begins with a mailbox's line `From `; it was skipped.
        case mailboxLine
        /// A multipart has no boundary, or none of its boundaries occurs; none of its parts is read.
        case missingBoundary
        /// The last boundary of a multipart is missing: the mail may be cut short.
        case missingClosingBoundary
        /// Parts are nested deeper than the limit; those beyond are not read.
        case tooDeep
        /// There are more parts than the limit; those beyond are not read.
        case tooManyParts
        /// Base64 holds octets outside its alphabet; they were skipped.
        case base64Noise
        /// Base64 lacks padding, or its end.
        case base64Incomplete
        /// Base64 goes on after its padding; what follows was left out.
        case base64AfterEnd
        /// Quoted-printable holds an equals sign that means nothing; it was kept.
        case quotedPrintable
        /// A transfer encoding that is not known; the content was taken as it is.
        case transferEncoding
        /// A parameter's continuations (RFC 2231) have a gap; what follows it was left out.
        case parameterGap
        /// A part that may be a report stands alone, in no multipart.
        case loneAttachment
        /// A part that may be a report stands in another multipart than `multipart/report`.
        case notMultipartReport
        /// A part that may be a report stands in a `multipart/report` without `report-type=tlsrpt`.
        case reportType
        /// A part that may be a report is neither `application/tlsrpt+json` nor `application/tlsrpt+gzip`.
        case mediaType
        /// A mail with a part that may be a report has no field TLS-Report-Domain.
        case missingReportDomain
        /// A mail with a part that may be a report has no field TLS-Report-Submitter.
        case missingReportSubmitter
        /// The subject of a mail with a part that may be a report is not that of a report.
        case subjectForm

        /// The kind in words, for people.
        public var explanation: String {
            switch self {
            case .bareLineFeed: "a line ends with a bare LF"
            case .longLine: "a line of a header has more than 998 octets"
            case .eightBitHeader: "a header holds octets that are no UTF-8"
            case .longField: "a header field is cut, since it is longer than the limit"
            case .repeatedField: "a header field is repeated; the first counts"
            case .missingHeaderEnd: "a header does not end with an empty line"
            case .mailboxLine: "the mail begins with a mailbox's line"
            case .missingBoundary: "a multipart has no boundary"
            case .missingClosingBoundary: "the last boundary of a multipart is missing"
            case .tooDeep: "parts are nested too deep"
            case .tooManyParts: "there are too many parts"
            case .base64Noise: "octets in base64 that do not belong there were skipped"
            case .base64Incomplete: "base64 lacks padding, or its end"
            case .base64AfterEnd: "base64 goes on after its end; that is left out"
            case .quotedPrintable: "an equals sign in quoted-printable means nothing"
            case .transferEncoding: "the transfer encoding is not known"
            case .parameterGap: "a parameter's continuations have a gap"
            case .loneAttachment: "a part that may be a report is in no multipart"
            case .notMultipartReport: "a part that may be a report is in no multipart/report"
            case .reportType: "a part that may be a report is in a multipart/report without report-type=tlsrpt"
            case .mediaType: "a part that may be a report is neither application/tlsrpt+json nor +gzip"
            case .missingReportDomain: "there is no field TLS-Report-Domain"
            case .missingReportSubmitter: "there is no field TLS-Report-Submitter"
            case .subjectForm: "the subject is not that of a report"
            }
        }
    }
}

/// Why a mail is not read at all.
public enum MailFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// It has more than this number of octets.
    case tooLarge(limit: Int)
    /// It begins with no header field.
    case noHeader

    /// A sentence for people.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "the mail has more than \(limit) octets"
        case .noHeader: "this is no mail: it begins with no header field"
        }
    }
}
