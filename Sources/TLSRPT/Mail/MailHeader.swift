// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The header of a mail or of a part of one (RFC 5322 section 2.2), of which only the fields are kept that are needed.
struct MailHeader {
    /// Where the body begins.
    private(set) var bodyStart: Int
    private var fields: [String: [Range<Int>]] = [:]
    /// Whether a field DKIM-Signature is there that is not kept.
    private(set) var lacksSignatures = false

    /// The fields that are kept.
    private static let names: Set<String> = [
        "from", "subject", "date", "message-id", "tls-report-domain", "tls-report-submitter", "dkim-signature",
        "authentication-results", "content-type", "content-transfer-encoding", "content-disposition",
    ]
    /// Those of them that may stand several times, and how often they are kept.
    private static let repeatable: Set<String> = ["dkim-signature", "authentication-results"]
    private static let maximumRepeats = 32

    /// Reads the header at the beginning of `range`; lines may end with a bare LF.
    init(_ octets: Span<UInt8>, _ range: Range<Int>, _ deviations: inout DeviationCollector) {
        bodyStart = range.upperBound
        var current: String?
        var at = range.lowerBound
        while at < range.upperBound {
            let lineFeed = octets.index(of: 0x0A, from: at, to: range.upperBound)
            let hasReturn = lineFeed > at && octets[lineFeed - 1] == 0x0D
            let end = hasReturn ? lineFeed - 1 : lineFeed
            let next = min(lineFeed + 1, range.upperBound)
            if lineFeed < range.upperBound, !hasReturn { deviations.note(.bareLineFeed, at: lineFeed) }
            if end - at > MailSyntax.maximumLineOctets { deviations.note(.longLine, at: at) }
            if end == at {
                bodyStart = next
                return
            }
            if octets[at].isBlank, at > range.lowerBound {
                extend(current, to: end)
            } else if let colon = Self.colon(octets, from: at, to: end) {
                current = begin(octets, from: at, colon: colon, to: end, &deviations)
            } else if at == range.lowerBound, Self.isMailboxLine(octets, from: at, to: end) {
                deviations.note(.mailboxLine, at: at)
            } else {
                deviations.note(.missingHeaderEnd, at: at)
                bodyStart = at
                return
            }
            at = next
        }
    }

    /// Whether a mail may begin so: with a header field, or with a mailbox's line. The name must be of the letters that
    /// names in use are of, since the beginning of a JSON text would be within the grammar, too.
    static func begins(_ octets: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let end = octets.index(of: 0x0A, from: range.lowerBound, to: range.upperBound)
        if isMailboxLine(octets, from: range.lowerBound, to: end) { return true }
        guard let colon = colon(octets, from: range.lowerBound, to: end) else { return false }
        let nameEnd = octets.endBeforeBlanks(from: range.lowerBound, to: colon)
        return (range.lowerBound..<nameEnd).allSatisfy { octets[$0].isExtensionNameTail }
    }

    /// The colon after a field's name, before which old mail has blanks (section 4.5.8); nil if the line is no field.
    private static func colon(_ octets: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end, octets[index] > 0x20, octets[index] < 0x7F, octets[index] != 0x3A { index += 1 }
        guard index > start else { return nil }
        index = octets.indexAfterBlanks(from: index, to: end)
        return index < end && octets[index] == 0x3A ? index : nil
    }

    private static func isMailboxLine(_ octets: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        octets.hasPrefix("From ", at: start, to: end) || octets.hasPrefix(">From ", at: start, to: end)
    }

    private mutating func begin(
        _ octets: Span<UInt8>,
        from start: Int,
        colon: Int,
        to end: Int,
        _ deviations: inout DeviationCollector
    ) -> String? {
        let nameEnd = octets.endBeforeBlanks(from: start, to: colon)
        guard nameEnd - start <= 32 else { return nil }
        let name = String(
            decoding: octets.octets(from: start, to: nameEnd).map(\.asciiLowercased),
            as: UTF8.self
        )
        guard Self.names.contains(name) else { return nil }
        let known = fields[name]?.count ?? 0
        if known > 0, !Self.repeatable.contains(name) {
            deviations.note(.repeatedField, at: start)
            return nil
        }
        guard known < Self.maximumRepeats else {
            if name == "dkim-signature" { lacksSignatures = true }
            return nil
        }
        fields[name, default: []].append((colon + 1)..<end)
        return name
    }

    /// Adds a folded line to a field's value.
    private mutating func extend(_ name: String?, to end: Int) {
        guard let name, let last = fields[name]?.popLast() else { return }
        fields[name]?.append(last.lowerBound..<end)
    }

    /// The value of a field, unfolded, without blanks round it.
    struct Value {
        let octets: [UInt8]
        /// Whether there was more than the limit.
        let isCut: Bool

        var text: String { String(decoding: octets, as: UTF8.self) }
    }

    /// The values of a field.
    func values(
        _ name: String,
        _ octets: Span<UInt8>,
        limit: Int,
        _ deviations: inout DeviationCollector
    ) -> [Value] {
        (fields[name] ?? []).map { range in
            let start = octets.indexAfterBlanks(from: range.lowerBound, to: range.upperBound)
            let isCut = range.upperBound - start > limit
            if isCut { deviations.note(.longField, at: range.lowerBound) }
            var value = octets.octets(from: start, to: min(range.upperBound, start + limit))
            // What is left of CR and LF are folds; other control characters have no place in a header.
            value.removeAll { $0 == 0x0A || $0 == 0x0D }
            for index in value.indices where value[index] < 0x20 && value[index] != 0x09 { value[index] = 0x20 }
            while let last = value.last, last.isBlank { value.removeLast() }
            while let first = value.first, first.isBlank { value = Array(value.drop(while: \.isBlank)) }
            if value.contains(where: { $0 >= 0x80 }), String(validating: value, as: UTF8.self) == nil {
                deviations.note(.eightBitHeader, at: range.lowerBound)
            }
            return Value(octets: value, isCut: isCut)
        }
    }

    /// The first value of a field.
    func value(
        _ name: String,
        _ octets: Span<UInt8>,
        limit: Int,
        _ deviations: inout DeviationCollector
    ) -> [UInt8]? {
        values(name, octets, limit: limit, &deviations).first?.octets
    }
}

/// Keeps the first of the deviations of each kind.
struct DeviationCollector {
    private(set) var deviations: [MailDeviation] = []
    private var kinds: Set<MailDeviation.Kind> = []

    mutating func note(_ kind: MailDeviation.Kind, at offset: Int) {
        if kinds.insert(kind).inserted { deviations.append(MailDeviation(kind: kind, offset: offset)) }
    }
}

extension MailFields {
    init(
        _ header: MailHeader,
        _ octets: Span<UInt8>,
        limit: Int,
        _ deviations: inout DeviationCollector
    ) {
        func values(_ name: String) -> [MailHeader.Value] {
            header.values(name, octets, limit: limit, &deviations)
        }
        from = values("from").first?.text
        date = values("date").first?.text
        messageID = values("message-id").first?.text
        reportDomain = values("tls-report-domain").first?.text
        reportSubmitter = values("tls-report-submitter").first?.text
        let signatures = values("dkim-signature")
        dkimSignatures = signatures.map { DKIMSignature($0.text) }
        hasUnreadSignatures = header.lacksSignatures || signatures.contains(where: \.isCut)
        // What a cut leaves of a domain name may be another one.
        authenticationResults = values("authentication-results").filter { !$0.isCut }
            .map { AuthenticationResults($0.text) }
        subject = header.value("subject", octets, limit: limit, &deviations).map(EncodedWord.decoded)
    }
}
