// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The value of Content-Type or Content-Disposition: a word and parameters (RFC 2045 section 5.1, RFC 2183 section 2).
struct MIMEValue {
    /// The word before the parameters in lower case, as in `multipart/report`.
    let word: String
    /// Whether continuations of a parameter have a gap.
    private(set) var hasGap = false
    private var parameters: [String: String] = [:]

    /// The value of a parameter by its name in lower case, pieced together from its continuations (RFC 2231).
    subscript(name: String) -> String? { parameters[name] }

    /// Reads the octets of an unfolded value. What is no parameter is skipped.
    init(_ octets: [UInt8]) {
        var scanner = ParameterScanner(octets)
        word = String(decoding: scanner.word().map(\.asciiLowercased), as: UTF8.self)
        var sections: [String: [Int: Section]] = [:]
        while let (name, value) = scanner.next() {
            guard let place = Self.place(name) else {
                if parameters[name] == nil { parameters[name] = String(decoding: value, as: UTF8.self) }
                continue
            }
            if sections[place.name]?[place.number] == nil {
                sections[place.name, default: [:]][place.number] = Section(octets: value, isExtended: place.isExtended)
            }
        }
        for (name, pieces) in sections {
            // What has a form of RFC 2231 is meant for readers that know it, and goes before the plain one.
            if let text = joined(pieces) { parameters[name] = text }
        }
    }

    private struct Section {
        let octets: [UInt8]
        let isExtended: Bool
    }

    private mutating func joined(_ pieces: [Int: Section]) -> String? {
        var octets: [UInt8] = []
        var charset: String?
        var number = 0
        while let piece = pieces[number] {
            var content = piece.octets[...]
            if number == 0, piece.isExtended {
                // charset'language'text
                let fields = content.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 {
                    charset = String(decoding: fields[0], as: UTF8.self)
                    content = fields[2]
                }
            }
            let text = Array(content)
            octets += piece.isExtended ? text.span.percentDecoded(0..<text.count) : text
            number += 1
        }
        if number < pieces.count { hasGap = true }
        guard number > 0 else { return nil }
        return CharacterSet.text(octets, charset: charset ?? "utf-8") ?? String(decoding: octets, as: UTF8.self)
    }

    /// What `name*`, `name*0` and `name*0*` stand for; nil for a plain name.
    private static func place(_ name: String) -> (name: String, number: Int, isExtended: Bool)? {
        let parts = name.utf8.split(separator: 0x2A, omittingEmptySubsequences: false)
        guard parts.count > 1 else { return nil }
        let base = String(decoding: parts[0], as: UTF8.self)
        if parts.count == 2, parts[1].isEmpty { return (base, 0, true) }
        guard parts.count == 2 || parts.count == 3 && parts[2].isEmpty, parts[1].allSatisfy(\.isASCIIDigit),
            let number = Int(String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        return (base, number, parts.count == 3)
    }
}

/// Reads `word ; name=value ; name="value"` from first to last, each octet a fixed number of times.
private struct ParameterScanner {
    private let octets: [UInt8]
    private var index = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    /// The octets up to the next semicolon, or to a comment or blank if there is one before it.
    mutating func word() -> [UInt8] {
        index = MailSyntax.indexAfterComments(octets, from: index)
        let start = index
        while index < octets.count, octets[index] != 0x3B, octets[index] != 0x28, !octets[index].isBlank { index += 1 }
        let word = Array(octets[start..<index])
        skipToSemicolon()
        return word
    }

    /// The next parameter, its name in lower case; nil if there is none.
    mutating func next() -> (name: String, value: [UInt8])? {
        while index < octets.count {
            // The index stands at a semicolon.
            index = MailSyntax.indexAfterComments(octets, from: index + 1)
            guard !isAtComment else {
                // It does not end, and hides the rest. It is looked through once.
                index = octets.count
                return nil
            }
            let start = index
            while index < octets.count, octets[index] != 0x3D, octets[index] != 0x3B { index += 1 }
            guard index < octets.count, octets[index] == 0x3D else { continue }
            let name = octets[start..<index].filter { !$0.isBlank }.map(\.asciiLowercased)
            index = MailSyntax.indexAfterComments(octets, from: index + 1)
            let isLast = isAtComment
            let value = index < octets.count && octets[index] == 0x22 ? quoted() : unquoted()
            if isLast { index = octets.count }
            skipToSemicolon()
            if !name.isEmpty { return (String(decoding: name, as: UTF8.self), value) }
        }
        return nil
    }

    /// Whether a comment begins here; after ``MailSyntax/indexAfterComments(_:from:)``, one that does not end.
    private var isAtComment: Bool { index < octets.count && octets[index] == 0x28 }

    private mutating func quoted() -> [UInt8] {
        var value: [UInt8] = []
        index += 1
        while index < octets.count, octets[index] != 0x22 {
            if octets[index] == 0x5C, index + 1 < octets.count { index += 1 }
            value.append(octets[index])
            index += 1
        }
        index += 1
        return value
    }

    /// The octets up to the next semicolon without blanks at the end; blanks within belong to it, as some mailers write
    /// file names, and a comment after a blank does not.
    private mutating func unquoted() -> [UInt8] {
        let start = index
        while index < octets.count, octets[index] != 0x3B {
            if octets[index] == 0x28, index > start, octets[index - 1].isBlank { break }
            index += 1
        }
        var end = index
        while end > start, octets[end - 1].isBlank { end -= 1 }
        return Array(octets[start..<end])
    }

    private mutating func skipToSemicolon() {
        while index < octets.count, octets[index] != 0x3B { index += 1 }
    }
}

/// The character sets that are read; every other is left as it stands.
enum CharacterSet {
    /// Octets as text, nil if the character set is not read here.
    static func text(_ octets: [UInt8], charset: String) -> String? {
        switch charset.lowercased() {
        case "utf-8", "utf8", "us-ascii", "ascii": return String(decoding: octets, as: UTF8.self)
        case "iso-8859-1", "latin1":
            var text = String.UnicodeScalarView()
            for octet in octets { text.append(Unicode.Scalar(octet)) }
            return String(text)
        default: return nil
        }
    }
}

/// Encoded words (RFC 2047).
enum EncodedWord {
    /// The most octets of an encoded word that are looked at; the RFC allows 75.
    private static let maximumOctets = 1_024

    /// The text with its encoded words decoded; blanks between two of them belong to neither (section 6.2).
    static func decoded(_ octets: [UInt8]) -> String {
        var text = ""
        var plainStart = 0
        var index = 0
        var endOfWord: Int?
        while let start = octets[index...].firstIndex(of: 0x3D) {
            guard let (word, end) = word(octets, at: start) else {
                index = start + 1
                continue
            }
            let between = octets[plainStart..<start]
            if endOfWord != plainStart || !between.allSatisfy(\.isBlank) {
                text += String(decoding: between, as: UTF8.self)
            }
            text += word
            plainStart = end
            index = end
            endOfWord = end
        }
        return text + String(decoding: octets[plainStart...], as: UTF8.self)
    }

    /// `=?charset?encoding?text?=`
    private static func word(_ octets: [UInt8], at start: Int) -> (text: String, end: Int)? {
        let limit = min(octets.count, start + maximumOctets)
        guard start + 1 < limit, octets[start + 1] == 0x3F,
            let charsetEnd = octets[(start + 2)..<limit].firstIndex(of: 0x3F), charsetEnd + 2 < limit,
            octets[charsetEnd + 2] == 0x3F,
            let textEnd = octets[(charsetEnd + 3)..<limit].firstIndex(of: 0x3F), textEnd + 1 < limit,
            octets[textEnd + 1] == 0x3D
        else { return nil }
        let range = (charsetEnd + 3)..<textEnd
        let content: [UInt8]
        switch octets[charsetEnd + 1].asciiLowercased {
        case 0x62:
            var faults = Base64.Faults()
            content = Base64.decoded(octets.span, range, &faults)
        case 0x71:
            // An underscore is a space (section 4.2).
            let text = octets[range].map { $0 == 0x5F ? 0x20 : $0 }
            var isMalformed = false
            // An end that quoted-printable would take for blanks at a line's end is none here.
            content = QuotedPrintable.decoded((text + [0x3D]).span, 0..<(text.count + 1), isMalformed: &isMalformed)
        default: return nil
        }
        // A language may follow the character set (RFC 2231 section 5).
        let name = octets[(start + 2)..<charsetEnd].prefix { $0 != 0x2A }
        guard let text = CharacterSet.text(content, charset: String(decoding: name, as: UTF8.self)) else { return nil }
        return (text, textEnd + 2)
    }
}
