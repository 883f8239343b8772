// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension TLSReport {
    /// The report as JSON text (RFC 8460 section 4.4) in UTF-8: without blanks, the members in the order of the schema,
    /// the same for the same report.
    ///
    /// What is written keeps the RFC: arrays for one element too, "failure-details" always, no null, nothing empty,
    /// dates in UTC, IP addresses in canonical form (RFC 5952), counts from 0 to 2^53 - 1. What a peer or a hand may have
    /// put in is put right: noncharacters become U+FFFD; names and texts that a peer chose (``FailureDetail``: its
    /// names and the failure reason) lose control characters and what is above a length (255 octets, reasons 1,024);
    /// a host name loses its final dots; a result type that is empty becomes "validation-failure". An unknown member is written as it is, but left
    /// out if its value is no JSON or its name is there already, or would be with U+FFFD in place of noncharacters.
    ///
    /// A report that lacks something is written without it: see ``faultsForSending``.
    public func json() -> [UInt8] {
        var writer = ReportWriter()
        writer.write(self)
        return writer.octets
    }
}

/// Writes a report as JSON.
struct ReportWriter {
    private(set) var octets: [UInt8] = []
    /// Whether a value was written in the array or object that is open.
    private var needsComma = false

    mutating func write(_ report: TLSReport) {
        object(of: RootMember.self, report.unknownMembers) { writer in
            writer.member(RootMember.organizationName.name, text: report.organizationName)
            writer.write(report.dateRange)
            writer.member(RootMember.contactInfo.name, text: report.contactInfo)
            writer.member(RootMember.reportID.name, text: report.reportID)
            writer.name(RootMember.policies.name)
            writer.array(report.policies) { writer, entry in writer.write(entry) }
        }
    }

    private mutating func write(_ range: TLSReport.DateRange) {
        guard range.start != nil || range.end != nil || !range.unknownMembers.isEmpty else { return }
        name(RootMember.dateRange.name)
        object(of: RangeMember.self, range.unknownMembers) { writer in
            writer.member(RangeMember.start.name, text: range.start.map { CivilTime($0).dateAndTime })
            writer.member(RangeMember.end.name, text: range.end.map { CivilTime($0).dateAndTime })
        }
    }

    private mutating func write(_ entry: TLSReport.PolicyEntry) {
        object(of: EntryMember.self, entry.unknownMembers) { writer in
            writer.name(EntryMember.policy.name)
            writer.write(entry.policy)
            writer.name(EntryMember.summary.name)
            let summary = entry.summary
            writer.object(of: SummaryMember.self, summary.unknownMembers) { writer in
                writer.member(SummaryMember.successful.name, count: summary.successfulSessions)
                writer.member(SummaryMember.failed.name, count: summary.failedSessions)
            }
            writer.name(EntryMember.failureDetails.name)
            writer.array(entry.failureDetails) { writer, detail in writer.write(detail) }
        }
    }

    private mutating func write(_ policy: TLSReport.Policy) {
        object(of: PolicyMember.self, policy.unknownMembers) { writer in
            writer.member(PolicyMember.type.name, text: policy.type?.rawValue)
            // An empty line of a policy is one of its errors, which are kept (RFC 8460 section 4.5).
            writer.member(PolicyMember.lines.name, texts: policy.lines)
            writer.member(PolicyMember.domain.name, text: policy.domain)
            writer.member(PolicyMember.mxHosts.name, texts: policy.mxHosts.filter { !$0.isEmpty })
        }
    }

    private mutating func write(_ detail: TLSReport.FailureDetail) {
        object(of: DetailMember.self, detail.unknownMembers) { writer in
            let type = detail.resultType.rawValue.isEmpty ? .validationFailure : detail.resultType
            writer.member(DetailMember.resultType.name, text: type.rawValue)
            writer.member(DetailMember.sendingIP.name, text: detail.sendingMTAIP?.canonicalAddress)
            writer.member(
                DetailMember.receivingHostname.name,
                text: detail.receivingMXHostname?.plain(most: 255).withoutFinalDots
            )
            writer.member(DetailMember.receivingHelo.name, text: detail.receivingMXHelo?.plain(most: 255))
            writer.member(DetailMember.receivingIP.name, text: detail.receivingIP?.canonicalAddress)
            writer.member(DetailMember.failedSessions.name, count: detail.failedSessions)
            writer.member(DetailMember.information.name, text: detail.additionalInformation)
            writer.member(DetailMember.reason.name, text: detail.failureReasonCode?.plain(most: 1_024))
        }
    }
}

extension ReportWriter {
    private mutating func append(_ text: StaticString) { append(text.description) }

    private mutating func append(_ text: String) { octets.append(contentsOf: text.utf8) }

    private mutating func comma() {
        if needsComma { octets.append(0x2C) }
        needsComma = true
    }

    /// The name of a member whose value comes next.
    private mutating func name(_ name: StaticString) {
        comma()
        octets.append(0x22)
        append(name)
        append("\":")
    }

    /// A member, unless its text is none or empty.
    private mutating func member(_ name: StaticString, text: String?) {
        guard let text, !text.isEmpty else { return }
        self.name(name)
        string(text)
    }

    /// A member, unless there are no texts.
    private mutating func member(_ name: StaticString, texts: [String]) {
        guard !texts.isEmpty else { return }
        self.name(name)
        array(texts) { writer, text in writer.string(text) }
    }

    private mutating func member(_ name: StaticString, count: Int) {
        self.name(name)
        append(String(min(max(count, 0), TLSReport.Summary.maximumCount)))
    }

    private mutating func array<Element>(_ elements: [Element], _ element: (inout ReportWriter, Element) -> Void) {
        octets.append(0x5B)
        needsComma = false
        for value in elements {
            comma()
            element(&self, value)
        }
        octets.append(0x5D)
        needsComma = true
    }

    private mutating func object<Member: ReportMember>(
        of: Member.Type,
        _ unknown: [TLSReport.UnknownMember],
        _ members: (inout ReportWriter) -> Void
    ) {
        octets.append(0x7B)
        needsComma = false
        members(&self)
        write(unknown, besides: Member.self)
        octets.append(0x7D)
        needsComma = true
    }

    private mutating func write<Member: ReportMember>(_ unknown: [TLSReport.UnknownMember], besides: Member.Type) {
        guard !unknown.isEmpty else { return }
        // Octets, since two texts that Swift calls equal may be two names (RFC 7493 section 2.3).
        var names = Set(Member.allCases.map { Array($0.name.description.utf8) })
        // The label of "additional-information" is a name of its own where that is written too.
        names.remove(Array(DetailMember.informationLabel.name.description.utf8))
        for member in unknown {
            guard let json = Self.validated(member.json), names.insert(Self.name(member.name)).inserted else {
                continue
            }
            comma()
            string(member.name)
            octets.append(0x3A)
            octets.append(contentsOf: json)
        }
    }

    private static func name(_ text: String) -> [UInt8] {
        var writer = ReportWriter()
        writer.string(text)
        return Array(writer.octets.dropFirst().dropLast())
    }

    /// A JSON text, nil if it is none that may be sent.
    private static func validated(_ text: String) -> [UInt8]? {
        let octets = Array(text.utf8)
        let limits = TLSReport.ReadingLimits(maximumOctets: .max, maximumDepth: .max, maximumValues: .max)
        guard let document = try? JSONReader.read(octets, limits), !document.hasByteOrderMark else { return nil }
        guard document.hasNoncharacters else { return octets }
        let replaced = document.withoutNoncharacters()
        // Two names may have become one (RFC 7493 section 2.3).
        return (try? JSONReader.read(replaced, limits)) == nil ? nil : replaced
    }

    /// A string with what must be escaped escaped (RFC 8259 section 7); noncharacters become U+FFFD (RFC 7493
    /// section 2.1).
    private mutating func string(_ text: String) {
        octets.append(0x22)
        octets.append(escaping: text)
        octets.append(0x22)
    }
}

extension JSONDocument {
    /// The text with U+FFFD in place of noncharacters, which no I-JSON text may hold (RFC 7493 section 2.1).
    fileprivate func withoutNoncharacters() -> [UInt8] {
        var written: [UInt8] = []
        written.reserveCapacity(octets.count)
        var end = 0
        for (index, token) in tokens.enumerated() where token.hasNoncharacters {
            written.append(contentsOf: octets[end...Int(token.start)])
            written.append(escaping: string(index))
            end = token.content.upperBound
        }
        written.append(contentsOf: octets[end...])
        return written
    }
}

extension [UInt8] {
    private static let hexadecimalDigits = Array("0123456789abcdef".utf8)

    /// Appends a text as the content of a JSON string.
    fileprivate mutating func append(escaping text: String) {
        if text.isPlainASCII, !text.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C }) {
            append(contentsOf: text.utf8)
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: append(contentsOf: "\\\"".utf8)
            case 0x5C: append(contentsOf: "\\\\".utf8)
            case 0x0A: append(contentsOf: "\\n".utf8)
            case 0x0D: append(contentsOf: "\\r".utf8)
            case 0x09: append(contentsOf: "\\t".utf8)
            case ..<0x20, 0x7F..<0xA0:
                append(contentsOf: "\\u00".utf8)
                append(Self.hexadecimalDigits[Int(scalar.value >> 4)])
                append(Self.hexadecimalDigits[Int(scalar.value & 0xF)])
            case let value where value.isNoncharacter: append(contentsOf: "\u{FFFD}".utf8)
            default: append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}

extension String {
    /// An IP address in canonical form; what is none as it is.
    fileprivate var canonicalAddress: String {
        utf8.span.isCanonicalAddress ? self : IPAddress(self)?.description ?? self
    }

    /// A host name without the dots that end it.
    fileprivate var withoutFinalDots: String {
        guard utf8.last == 0x2E else { return self }
        var octets = utf8[...]
        while octets.last == 0x2E { octets.removeLast() }
        return String(Substring(octets))
    }

    /// Whether the text has no characters but those of ASCII that are no control characters, as most texts have.
    fileprivate var isPlainASCII: Bool { utf8.allSatisfy { (0x20..<0x7F).contains($0) } }

    /// The text without control characters, cut to `most` octets between two characters of Unicode.
    fileprivate func plain(most: Int) -> String {
        if isPlainASCII, utf8.count <= most { return self }
        var plain = UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars where !scalar.isControl {
            count += UTF8.width(scalar)
            guard count <= most else { break }
            plain.append(scalar)
        }
        return String(plain)
    }
}
