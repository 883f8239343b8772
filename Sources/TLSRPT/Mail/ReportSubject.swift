// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// The subject of a mail that carries a report (RFC 8460 section 5.3), as in
/// `Report Domain: example.com Submitter: sender.example Report-ID: <2026-11-25.example.com@sender.example>`.
///
/// Where it says something else than the report itself, the report is right (section 5.6); see ``ReportConflict``.
public struct ReportSubject: Hashable, Sendable, CustomStringConvertible {
    /// The most octets of a report id that fit into a header field's line (RFC 5322 section 2.1.1).
    public static let maximumReportIDOctets = 900

    /// The domain that the report is about.
    public let policyDomain: DomainName

    /// Who sends the report: the domain of its contact-info.
    public let submitter: DomainName

    /// The report's id, without angle brackets.
    public let reportID: String

    /// A subject, or nil if `reportID` is not of the form `left@right` of a message id (RFC 5322 section 3.6.4) or is
    /// longer than ``maximumReportIDOctets``.
    public init?(policyDomain: DomainName, submitter: DomainName, reportID: String) {
        guard reportID.utf8.count <= Self.maximumReportIDOctets, MailSyntax.isMessageID(Array(reportID.utf8)[...])
        else { return nil }
        self.init(unchecked: policyDomain, submitter, reportID)
    }

    private init(unchecked policyDomain: DomainName, _ submitter: DomainName, _ reportID: String) {
        self.policyDomain = policyDomain
        self.submitter = submitter
        self.reportID = reportID
    }

    /// The subject on one line.
    public var description: String { words.joined(separator: " ") }

    /// The pieces between which a line may be folded.
    var words: [String] {
        ["Report", "Domain:", "\(policyDomain)", "Submitter:", "\(submitter)", "Report-ID:", "<\(reportID)>"]
    }

    /// The header field, folded so that no line is longer than 78 octets where its words allow that, nor than 998 in
    /// any case; it ends with CR LF.
    public var headerField: String { MailSyntax.folded("Subject", words) }
}

extension ReportSubject {
    /// A subject as it was read, and what was forgiven.
    public struct Reading: Hashable, Sendable {
        /// The subject.
        public let subject: ReportSubject

        /// What was forgiven, in the order of the text.
        public let deviations: [Deviation]
    }

    /// What a reader forgives of the form of RFC 8460 section 5.3.
    public enum Deviation: String, CaseIterable, Hashable, Sendable {
        /// A keyword is written in other letters, as in `report domain:`.
        case keywordCase
        /// The report id has no angle brackets.
        case missingBrackets
        /// The report id is not of the form `left@right`.
        case reportIDForm
    }

    /// Reads a subject, folded or not.
    ///
    /// - Throws: ``ParseError`` with the offset of the word that is at fault.
    public static func read(_ text: String) throws(ParseError) -> Reading {
        var reader = ReportSubjectReader(Array(text.utf8))
        try reader.keyword("Report")
        try reader.keyword("Domain:")
        let policyDomain = try reader.domain()
        try reader.keyword("Submitter:")
        let submitter = try reader.domain()
        try reader.keyword("Report-ID:")
        let reportID = try reader.reportID()
        return Reading(
            subject: ReportSubject(unchecked: policyDomain, submitter, reportID),
            deviations: reader.deviations
        )
    }

    /// Why a text is no subject of a report, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: String, Sendable {
            /// A keyword is missing: `Report`, `Domain:`, `Submitter:` or `Report-ID:`.
            case keyword
            /// A domain is none, or not in A-labels.
            case domain
            /// There is no report id, or one with blanks, control characters or characters beyond ASCII.
            case reportID
            /// Something other than a comment follows the report id.
            case trailing
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the word at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .keyword: "a keyword of the subject is missing at octet \(offset + 1)"
            case .domain: "no domain name in A-labels at octet \(offset + 1)"
            case .reportID: "no report id at octet \(offset + 1)"
            case .trailing: "something follows the report id at octet \(offset + 1)"
            }
        }
    }
}

/// Reads the words of a subject from first to last.
private struct ReportSubjectReader {
    private let octets: [UInt8]
    private var index = 0
    private(set) var deviations: [ReportSubject.Deviation] = []

    init(_ octets: [UInt8]) { self.octets = octets }

    /// The next word; blanks and line ends of folding white space are skipped.
    private mutating func word() -> ArraySlice<UInt8> {
        while index < octets.count, Self.isSpace(octets[index]) { index += 1 }
        let start = index
        while index < octets.count, !Self.isSpace(octets[index]) { index += 1 }
        return octets[start..<index]
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet.isBlank || octet == 0x0D || octet == 0x0A }

    private mutating func note(_ deviation: ReportSubject.Deviation) {
        if !deviations.contains(deviation) { deviations.append(deviation) }
    }

    mutating func keyword(_ keyword: String) throws(ReportSubject.ParseError) {
        let word = word()
        if word.elementsEqual(keyword.utf8) { return }
        guard word.count == keyword.utf8.count,
            word.lazy.map(\.asciiLowercased).elementsEqual(keyword.utf8.lazy.map(\.asciiLowercased))
        else { throw .init(code: .keyword, offset: word.startIndex) }
        note(.keywordCase)
    }

    mutating func domain() throws(ReportSubject.ParseError) -> DomainName {
        let word = word()
        guard let name = DomainName(String(decoding: word, as: UTF8.self)) else {
            throw .init(code: .domain, offset: word.startIndex)
        }
        return name
    }

    mutating func reportID() throws(ReportSubject.ParseError) -> String {
        let word = word()
        var content = word
        if word.first == 0x3C {
            guard word.last == 0x3E, word.count >= 2 else { throw .init(code: .reportID, offset: word.startIndex) }
            content = word.dropFirst().dropLast()
        } else {
            note(.missingBrackets)
        }
        guard !content.isEmpty, content.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }) else {
            throw .init(code: .reportID, offset: word.startIndex)
        }
        if !MailSyntax.isMessageID(content) { note(.reportIDForm) }
        let rest = MailSyntax.indexAfterComments(octets, from: index)
        guard rest == octets.count else { throw .init(code: .trailing, offset: rest) }
        return String(decoding: content, as: UTF8.self)
    }
}
