// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Finds the reports in a mail (RFC 8460 section 5.3), and in mails that were forwarded inside it.
///
/// It takes mail as it is found: reports alone in a mail without a multipart, in multiparts of any kind and depth up to
/// a limit, under any media type that senders use for them. What is not as the RFCs want it is named in
/// ``MailContents/deviations``. It neither expands nor reads the reports, and does not verify DKIM signatures. Time is
/// linear in the size of the mail, and memory a small multiple of it.
public struct ReportMailReader: Sendable {
    /// How much is read.
    public struct Limits: Hashable, Sendable {
        /// The most octets of a mail.
        public var messageOctets: Int

        /// How deep multiparts and forwarded mails may be nested; 1 is a multipart of parts that are not nested.
        public var depth: Int

        /// The most parts, multiparts counted too.
        public var parts: Int

        /// The most octets of a header field's value that are looked at.
        public var fieldOctets: Int

        /// Limits that no report of an honest sender comes near: 32 MiB, depth 8, 100 parts, fields of 64 KiB.
        public init(messageOctets: Int = 1 << 25, depth: Int = 8, parts: Int = 100, fieldOctets: Int = 1 << 16) {
            self.messageOctets = messageOctets
            self.depth = depth
            self.parts = parts
            self.fieldOctets = fieldOctets
        }
    }

    private let limits: Limits

    /// A reader.
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether octets begin as a mail does: with a header field, or with a mailbox's line `From `.
    public static func beginsAsMail(_ octets: [UInt8]) -> Bool {
        // The first line alone, and no more of it than a line may have.
        MailHeader.begins(octets.span, 0..<min(octets.count, MailSyntax.maximumLineOctets))
    }

    /// The parts of a mail that may be reports, and the header fields that tell where they are from.
    ///
    /// - Parameter message: A whole mail; lines may end with CR LF or with LF.
    /// - Throws: ``MailFailure`` if it is too large or does not begin as a mail. Ordinary mail is no failure.
    public func attachments(of message: [UInt8]) throws(MailFailure) -> MailContents {
        guard message.count <= limits.messageOctets else { throw .tooLarge(limit: limits.messageOctets) }
        guard MailHeader.begins(message.span, 0..<message.count) else { throw .noHeader }
        var walker = MailWalker(limits: limits)
        let fields = walker.readMessage(message.span, 0..<message.count, depth: 0)
        return MailContents(
            fields: fields,
            isTLSReport: walker.isTLSReport,
            parts: walker.parts,
            deviations: walker.deviations.deviations
        )
    }
}

/// Walks through the parts of a mail.
private struct MailWalker {
    let limits: ReportMailReader.Limits
    var isTLSReport = false
    var parts: [MailPart] = []
    var deviations = DeviationCollector()
    private var partCount = 0

    init(limits: ReportMailReader.Limits) { self.limits = limits }

    /// What a part stands in.
    private struct Place {
        let fields: MailFields
        let isForwarded: Bool
        var depth: Int
        /// The innermost multipart's media type, nil in none.
        var container: String?
        /// Whether a multipart round the part is a `multipart/report` with `report-type=tlsrpt`.
        var isReport = false
        /// The media type of a part that does not say, `message/rfc822` in a digest (RFC 2046 section 5.1.5).
        var defaultType = "text/plain"
    }

    /// Reads a mail and gives its fields.
    mutating func readMessage(_ octets: Span<UInt8>, _ range: Range<Int>, depth: Int) -> MailFields {
        let header = MailHeader(octets, range, &deviations)
        let fields = MailFields(header, octets, limit: limits.fieldOctets, &deviations)
        if fields.reportDomain != nil { isTLSReport = true }
        let before = parts.count
        readEntity(octets, header, range.upperBound, Place(fields: fields, isForwarded: depth > 0, depth: depth))
        // A mail that only forwards the report need not have its fields.
        if parts[before...].contains(where: { depth > 0 || !$0.isForwarded }) {
            noteFields(fields, at: range.lowerBound)
        }
        return fields
    }

    private mutating func noteFields(_ fields: MailFields, at offset: Int) {
        if fields.reportDomain == nil { deviations.note(.missingReportDomain, at: offset) }
        if fields.reportSubmitter == nil { deviations.note(.missingReportSubmitter, at: offset) }
        if fields.reportSubject?.deviations.isEmpty != true { deviations.note(.subjectForm, at: offset) }
    }

    /// Reads what a header describes: a multipart, a forwarded mail or anything else.
    private mutating func readEntity(_ octets: Span<UInt8>, _ header: MailHeader, _ end: Int, _ place: Place) {
        partCount += 1
        guard partCount <= limits.parts else {
            deviations.note(.tooManyParts, at: header.bodyStart)
            return
        }
        let type = mimeValue("content-type", octets, header)
        var mediaType = type?.word ?? place.defaultType
        // A value that is no media type counts as none (RFC 2045 section 5.2).
        if mediaType.utf8.filter({ $0 == 0x2F }).count != 1 { mediaType = place.defaultType }
        let body = header.bodyStart..<end
        let isNested =
            mediaType.hasPrefix("multipart/") || mediaType == "message/rfc822" || mediaType == "message/global"
        guard isNested else { return readLeaf(octets, header, body, mediaType, type, place) }
        guard place.depth < limits.depth else {
            deviations.note(.tooDeep, at: body.lowerBound)
            return
        }
        if mediaType.hasPrefix("multipart/") {
            var inner = place
            inner.depth += 1
            inner.container = mediaType
            inner.defaultType = mediaType == "multipart/digest" ? "message/rfc822" : "text/plain"
            if mediaType == "multipart/report", type?["report-type"]?.lowercased() == "tlsrpt" {
                inner.isReport = true
                isTLSReport = true
            }
            readMultipart(octets, body, boundary: type?["boundary"], inner)
        } else if let decoded = decoded(octets, header, body) {
            _ = readMessage(decoded.span, 0..<decoded.count, depth: place.depth + 1)
        } else {
            _ = readMessage(octets, body, depth: place.depth + 1)
        }
    }

    private mutating func readMultipart(_ octets: Span<UInt8>, _ body: Range<Int>, boundary: String?, _ place: Place) {
        guard let boundary, !boundary.isEmpty else {
            deviations.note(.missingBoundary, at: body.lowerBound)
            return
        }
        // One part more than is read is enough to see that there are too many.
        let splitter = MultipartSplitter(boundary: Array(boundary.utf8), limit: max(0, limits.parts - partCount) + 1)
        for part in splitter.parts(octets, body, &deviations) {
            let header = MailHeader(octets, part, &deviations)
            readEntity(octets, header, part.upperBound, place)
        }
    }

    private mutating func readLeaf(
        _ octets: Span<UInt8>,
        _ header: MailHeader,
        _ body: Range<Int>,
        _ mediaType: String,
        _ type: MIMEValue?,
        _ place: Place
    ) {
        let disposition = mimeValue("content-disposition", octets, header)
        let fileName = (disposition?["filename"] ?? type?["name"]).map {
            MailSyntax.visible(EncodedWord.decoded(Array($0.utf8)), limit: ReportSubject.maximumReportIDOctets)
        }
        let isDeclared = mediaType.hasPrefix("application/tlsrpt")
        if isDeclared { isTLSReport = true }
        let content = decoded(octets, header, body) ?? octets.octets(from: body.lowerBound, to: body.upperBound)
        guard isDeclared || ReportPart.mayBeReport(mediaType, fileName, content) else { return }
        if mediaType != "application/tlsrpt+json", mediaType != "application/tlsrpt+gzip" {
            deviations.note(.mediaType, at: body.lowerBound)
        }
        if place.container == nil {
            deviations.note(.loneAttachment, at: body.lowerBound)
        } else if !place.isReport {
            let kind: MailDeviation.Kind = place.container == "multipart/report" ? .reportType : .notMultipartReport
            deviations.note(kind, at: body.lowerBound)
        }
        parts.append(
            MailPart(
                mediaType: mediaType,
                fileName: fileName,
                content: content,
                fields: place.fields,
                isForwarded: place.isForwarded
            )
        )
    }

    private mutating func mimeValue(_ name: String, _ octets: Span<UInt8>, _ header: MailHeader) -> MIMEValue? {
        guard let text = header.value(name, octets, limit: limits.fieldOctets, &deviations) else { return nil }
        let value = MIMEValue(text)
        if value.hasGap { deviations.note(.parameterGap, at: header.bodyStart) }
        return value
    }

    /// The body with its transfer encoding undone, nil if there is nothing to undo.
    private mutating func decoded(_ octets: Span<UInt8>, _ header: MailHeader, _ body: Range<Int>) -> [UInt8]? {
        let encoding = mimeValue("content-transfer-encoding", octets, header)?.word ?? ""
        switch encoding {
        case "", "7bit", "8bit", "binary": return nil
        case "base64":
            var faults = Base64.Faults()
            let content = Base64.decoded(octets, body, &faults)
            if faults.hasNoise { deviations.note(.base64Noise, at: body.lowerBound) }
            if faults.isIncomplete { deviations.note(.base64Incomplete, at: body.lowerBound) }
            if faults.hasOctetsAfterEnd { deviations.note(.base64AfterEnd, at: body.lowerBound) }
            return content
        case "quoted-printable":
            var isMalformed = false
            let content = QuotedPrintable.decoded(octets, body, isMalformed: &isMalformed)
            if isMalformed { deviations.note(.quotedPrintable, at: body.lowerBound) }
            return content
        default:
            deviations.note(.transferEncoding, at: body.lowerBound)
            return nil
        }
    }
}

/// Which parts of a mail are worth a look.
enum ReportPart {
    /// The media types that reports are found under.
    private static let mediaTypes: Set<String> = [
        "application/gzip", "application/x-gzip", "application/x-gzip-compressed", "application/json",
        "application/zip", "application/x-zip-compressed", "application/octet-stream", "text/json",
    ]

    /// Whether a part may be a report, or an archive of some: by its media type, its file name or its first octets.
    static func mayBeReport(_ mediaType: String, _ fileName: String?, _ content: [UInt8]) -> Bool {
        if mediaTypes.contains(mediaType) { return true }
        if let name = fileName?.lowercased(), [".json", ".gz", ".zip"].contains(where: { name.hasSuffix($0) }) {
            return true
        }
        if content.starts(with: [0x1F, 0x8B]) || content.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return true }
        var start = content.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < content.count, [0x09, 0x0A, 0x0D, 0x20].contains(content[start]) { start += 1 }
        return start < content.count && content[start] == 0x7B
    }
}
