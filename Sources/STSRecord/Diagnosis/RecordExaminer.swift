// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

/// Walks a record as its author meant it, and notes where that is not what senders see.
///
/// It decides nothing about validity: the verdict comes from the parser. Where the parser takes the record, nothing is an
/// error here.
struct RecordExaminer {
    typealias Rule = STSRecord.Rule
    typealias Severity = STSRecord.Severity

    /// The most octets that the data of a resource record has (RFC 1035 section 3.2.1).
    private static let maximumOctets = 65_535

    /// The text, or its beginning if it is longer than any record.
    let octets: [UInt8]
    let isValid: Bool
    let hasExactID: Bool
    var findings = FindingList<Rule, Severity>(limit: STSRecord.Diagnosis.maximumFindings)

    /// The text without what only a zone file has, and with look-alikes replaced.
    var plain: PlainText
    var hasVersion = false
    var hasID = false
    /// The names of fields that senders do not know.
    var unknownNames: Set<ArraySlice<UInt8>> = []

    init(_ text: [UInt8], verdict: Result<STSRecord, STSRecord.ParseError>) {
        let octets = Array(text.prefix(Self.maximumOctets))
        self.octets = octets
        if case .success = verdict { isValid = true } else { isValid = false }
        plain = PlainText(octets.span, from: 0, to: octets.count)
        hasExactID = octets.split(separator: 0x3B).contains { $0.trimmed.hasExactIDName }
        if text.count > 255 {
            findings.add(
                .long,
                .note,
                255..<text.count,
                """
                The record has \(text.count) octets: one character-string holds 255, so it must be published in several, \
                which are joined with nothing between.
                """
            )
        }
    }

    mutating func examine() {
        if examineKind() { return }
        if !isValid { examineCharacters() }
        let all = 0..<plain.octets.count
        let start = plain.octets.firstIndex { !$0.isBlank } ?? all.upperBound
        if hasBlank(0..<start) {
            report(
                .leadingBlank,
                0..<start,
                "Blanks before the version: the record begins with \"v=STSv1;\". Delete them."
            )
        }
        var chunks = plain.octets[start...].split(separator: 0x3B, omittingEmptySubsequences: false)
        let isClosed = chunks.count > 1 && chunks.last?.trimmed.isEmpty == true
        if isClosed { chunks.removeLast() }
        guard let first = chunks.first else { return }
        hasVersion = examineVersion(first, isAlone: chunks.count == 1, others: chunks.dropFirst())
        for (number, chunk) in chunks.enumerated().dropFirst(hasVersion ? 1 : 0) {
            examineField(chunk, isLast: number == chunks.count - 1 && !isClosed)
        }
        if !hasID {
            let end = octets.count..<octets.count
            findings.addBeyondLimit(
                .missingID,
                .error,
                end,
                "There is no id: add one of 1 to 32 letters and digits, for example \"id=20260101T000000;\"."
            )
        }
    }

    /// Adds an error about a range of the plain text.
    mutating func report(_ rule: Rule, _ range: Range<Int>, _ message: String) {
        findings.add(rule, .error, plain.source(range), message)
    }

    /// Whether a range of the plain text came from a blank, and not only from what looks like one and is noted as such.
    func hasBlank(_ range: Range<Int>) -> Bool { octets[plain.source(range)].contains(where: \.isBlank) }

    /// A piece of the text between quotation marks.
    func quoted(_ octets: ArraySlice<UInt8>) -> String { "\"" + excerpt(octets) + "\"" }

    /// Notes what is no record of this kind at all; true if there is nothing more to say.
    private mutating func examineKind() -> Bool {
        guard !isValid else { return false }
        if reportSeveral() { return true }
        let text = plain.octets.trimmed.drop { $0 == 0x22 || $0 == 0x27 || $0 == 0x60 || $0 == 0x0A || $0 == 0x0D }
        let (rule, message): (Rule, String)
        if text.isEmpty {
            (rule, message) = (
                .empty, "The record is empty: publish \"v=STSv1; id=20260101T000000;\" with an id of your own."
            )
        } else if let kind = Self.otherKinds.first(where: { text.hasWordPrefix($0.prefix) }) {
            (rule, message) = (
                .otherKind, "This is \(kind.name): it belongs at \(kind.place), not at _mta-sts.YOURDOMAIN."
            )
        } else if text.first == 0x3C {
            (rule, message) = (.html, "This is a web page or other markup: publish \"v=STSv1; id=...;\" as plain text.")
        } else if text.hasWordPrefix("version:") || text.hasWordPrefix("mode:") || text.hasWordPrefix("version=") {
            (rule, message) = (
                .policyText,
                """
                This is a policy, or a part of one: it is served at https://mta-sts.YOURDOMAIN/.well-known/mta-sts.txt. Publish \
                "v=STSv1; id=...;" here.
                """
            )
        } else if text.hasWordPrefix("_mta-sts") || text.firstPlace(ofWord: " TXT ") != nil
            || text.firstPlace(ofWord: "\tTXT") != nil
        {
            (rule, message) = (
                .zoneLine,
                "A whole line of a zone file: the data of the TXT record is only \"v=STSv1; id=...;\", without name and type."
            )
        } else if !text.looksLikeRecord {
            (rule, message) = (
                .notARecord,
                "\(quoted(text)) is no record of MTA-STS: publish \"v=STSv1; id=...;\" at _mta-sts.YOURDOMAIN."
            )
        } else {
            return false
        }
        findings.add(rule, .error, 0..<octets.count, message)
        return true
    }

    /// Notes several records in one text: lines, or the quoted strings of a zone file.
    private mutating func reportSeveral() -> Bool {
        let pieces = plain.octets.split { $0 == 0x0A || $0 == 0x0D || $0 == 0x22 }
        let count = pieces.count { $0.trimmed.hasWordPrefix("v=STSv1") }
        guard count > 1 else { return false }
        findings.add(
            .several,
            .error,
            0..<octets.count,
            """
            \(count) records, one after the other: together they are none, and the name may have only one. Leave one, without \
            quotation marks, in one line.
            """
        )
        return true
    }

    private static let otherKinds: [(prefix: String, name: String, place: String)] = [
        ("v=spf1", "an SPF record", "the domain itself"),
        ("v=DMARC1", "a DMARC record", "_dmarc.YOURDOMAIN"),
        ("v=TLSRPTv1", "a TLS reporting record", "_smtp._tls.YOURDOMAIN"),
        ("v=DKIM1", "a DKIM key", "SELECTOR._domainkey.YOURDOMAIN"),
        ("v=BIMI1", "a BIMI record", "SELECTOR._bimi.YOURDOMAIN"),
    ]

    private mutating func reportLookAlikes() {
        for (source, lookAlike) in plain.lookAlikes(in: 0..<plain.octets.count) {
            let name = lookAlike.name
            let (rule, message): (Rule, String) =
                switch lookAlike.kind {
                case .smartQuote:
                    (.smartQuote, "A typographic quotation mark (\(name)): delete it; nothing is quoted in a record.")
                case .unicodeSpace:
                    (.unicodeSpace, "A space that is not the ASCII one (\(name)): type a plain space, or none.")
                case .invisible:
                    (.invisibleCharacter, "An invisible character (\(name)): delete it, or type the record anew.")
                case .fullwidth: (.fullwidthCharacter, "A full-width character (\(name)): type the ASCII character.")
                case .dash: (.dash, "A dash (\(name)): type ASCII characters only.")
                case .windows1252: (.notASCII, "An \(name), which is not ASCII: type the plain character.")
                }
            findings.add(rule, .error, source, message)
        }
    }

    /// Notes characters that no valid record holds where they stand, and takes the zone file's own out of the plain text.
    private mutating func examineCharacters() {
        reportLookAlikes()
        let text = plain.octets.trimmed
        let isQuote: (UInt8) -> Bool = text.first == 0x27 || text.first == 0x60 ? { $0 == text.first } : { $0 == 0x22 }
        if let first = plain.octets.firstIndex(where: isQuote), let last = plain.octets.lastIndex(where: isQuote) {
            let gaps = blanksBetweenStrings(isQuote)
            // Typographic ones are noted as such.
            if octets[plain.source(first..<last + 1)].contains(where: isQuote) {
                report(
                    .quotes,
                    first..<last + 1,
                    gaps.isEmpty
                        ? "Quotation marks inside the record: they belong to the zone file's syntax. Enter the text without them."
                        : """
                        Quoted strings, one after the other: that is the zone file's syntax for one text, which has nothing \
                        between them. Enter it without the quotation marks and the blanks between the strings.
                        """
                )
            }
            let octets = plain.octets
            plain.removeOctets { isQuote(octets[$0]) || gaps.contains($0) }
        }
        if let index = plain.octets.firstIndex(of: 0x5C), index + 1 < plain.octets.count,
            plain.octets[index + 1] == 0x3B
        {
            report(
                .backslash,
                index..<index + 1,
                "A backslash before the semicolon: it belongs to the zone file's syntax. Enter the semicolon alone."
            )
            plain.remove { $0 == 0x5C }
        }
        if let index = plain.octets.firstIndex(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            report(
                .controlCharacter,
                index..<index + 1,
                """
                A line end or another control character (0x\(hexadecimal(UInt32(plain.octets[index]), digits: 2))): the record \
                is one line. Delete it.
                """
            )
            plain.remove { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
        }
        if let index = plain.octets.firstIndex(where: { $0 >= 0x80 }) {
            let end = plain.octets[index...].firstIndex { $0 < 0x80 } ?? plain.octets.count
            report(
                .notASCII,
                index..<end,
                "\(quoted(plain.octets[index..<end])) is not ASCII: a record holds ASCII only."
            )
        }
    }

    /// The blanks between the quoted strings of which the text consists; none if it is not so written.
    private func blanksBetweenStrings(_ isQuote: (UInt8) -> Bool) -> Set<Int> {
        let text = plain.octets.trimmed
        guard let first = text.first, isQuote(first) else { return [] }
        var blanks: Set<Int> = []
        var isInside = false
        for (index, octet) in zip(text.indices, text) {
            if isQuote(octet) {
                isInside.toggle()
            } else if !isInside {
                guard octet.isBlank else { return [] }
                blanks.insert(index)
            }
        }
        return blanks
    }
}

extension ArraySlice<UInt8> {
    /// Whether a field is named exactly `id`.
    fileprivate var hasExactIDName: Bool { starts(with: "id=".utf8) }

    /// Whether a text is near enough to a record to be explained part by part.
    fileprivate var looksLikeRecord: Bool {
        let version = prefix(24).filter { !$0.isBlank }
        return version[...].hasWordPrefix("v=sts") || version[...].hasWordPrefix("v:sts")
            || version[...].hasWordPrefix("v-sts") || version[...].hasWordPrefix("vsts")
            || version[...].hasWordPrefix("sts") || version[...].hasWordPrefix("id=")
            || firstPlace(ofWord: "v=STSv1") != nil
    }
}
