// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A value of a JSON text, or a member's name, by its place in the text (RFC 8259).
struct JSONToken {
    enum Kind: UInt8 {
        case null, boolean, number, string, array, object
    }

    var kind: Kind
    /// A string with a backslash in it.
    var hasEscapes = false
    /// A string with a noncharacter in it, as it is or escaped (RFC 7493 section 2.1).
    var hasNoncharacters = false
    /// The offset of the first octet; of a string, that of its quotation mark.
    var start: UInt32
    /// The offset after the last octet.
    var end: UInt32 = 0
    /// The index of the token after this value and all that is in it.
    var next: UInt32 = 0

    /// Where the value stands in the text.
    var range: Range<Int> { Int(start)..<Int(end) }

    /// Where a string's content stands, without its quotation marks.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}

/// A JSON text and its values in the order of the text: the first is the outermost, an array is followed by its
/// elements, an object by name and value of each member.
///
/// That is 16 octets a value, and no allocation for one.
struct JSONDocument {
    let octets: [UInt8]
    let tokens: [JSONToken]
    /// Whether the text begins with a byte order mark.
    let hasByteOrderMark: Bool
    /// Whether any string has a noncharacter in it.
    let hasNoncharacters: Bool

    /// The kind of a value.
    func kind(_ value: Int) -> JSONToken.Kind { tokens[value].kind }

    /// The offset of a value's first octet.
    func offset(_ value: Int) -> Int { Int(tokens[value].start) }

    /// The index of what follows a value.
    func next(_ value: Int) -> Int { Int(tokens[value].next) }

    /// The text of a string, with escapes resolved.
    func string(_ value: Int) -> String {
        let token = tokens[value]
        if token.hasEscapes {
            return String(decoding: octets.span.unescaped(token.content), as: UTF8.self)
        }
        return String(decoding: octets[token.content], as: UTF8.self)
    }

    /// A value as it stands in the text.
    func source(_ value: Int) -> String { String(decoding: octets[tokens[value].range], as: UTF8.self) }

    /// Whether the name of a member is `name`, with escapes resolved.
    func isName(_ value: Int, _ name: StaticString) -> Bool {
        let token = tokens[value]
        let content = token.content
        if token.hasEscapes {
            // An escape is at most six times as long as what it stands for.
            guard content.count <= name.utf8CodeUnitCount * 6 else { return false }
            let unescaped = octets.span.unescaped(content)
            return unescaped.span.equals(name, from: 0, to: unescaped.count)
        }
        return octets.span.equals(name, from: content.lowerBound, to: content.upperBound)
    }

    /// Whether a value has a noncharacter in it or in one of its names.
    func hasNoncharacters(within value: Int) -> Bool {
        guard hasNoncharacters else { return false }
        return tokens[value..<next(value)].contains(where: \.hasNoncharacters)
    }
}

extension UInt32 {
    /// Whether the number is a noncharacter's (Unicode, section 23.7).
    var isNoncharacter: Bool { self & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(self) }
}

extension Span<UInt8> {
    /// The content of a string that was read without fault, with escapes resolved (RFC 8259 section 7).
    func unescaped(_ range: Range<Int>) -> [UInt8] {
        var unescaped: [UInt8] = []
        unescaped.reserveCapacity(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            let octet = self[at]
            at += 1
            guard octet == 0x5C, at < range.upperBound else {
                unescaped.append(octet)
                continue
            }
            let escaped = self[at]
            at += 1
            switch escaped {
            case 0x62: unescaped.append(0x08)
            case 0x66: unescaped.append(0x0C)
            case 0x6E: unescaped.append(0x0A)
            case 0x72: unescaped.append(0x0D)
            case 0x74: unescaped.append(0x09)
            case 0x75:
                guard let read = unicodeEscape(at: at, to: range.upperBound) else { continue }
                at = read.end
                unescaped.append(
                    contentsOf: Unicode.UTF8.encode(read.scalar) ?? Unicode.UTF8.encodedReplacementCharacter
                )
            default: unescaped.append(escaped)
            }
        }
        return unescaped
    }

    /// The character of the hexadecimal digits at `start`, and of a second escape that completes a surrogate pair; nil
    /// if there are no four digits, or a surrogate stands alone.
    func unicodeEscape(at start: Int, to end: Int) -> (scalar: Unicode.Scalar, end: Int)? {
        guard let first = fourHexDigits(at: start, to: end) else { return nil }
        if let scalar = Unicode.Scalar(first) { return (scalar, start + 4) }
        guard first < 0xDC00, hasPrefix("\\u", at: start + 4, to: end),
            let second = fourHexDigits(at: start + 6, to: end), (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { return nil }
        return (scalar, start + 10)
    }

    /// The number that four hexadecimal digits are, nil if they are not.
    func fourHexDigits(at start: Int, to end: Int) -> UInt32? {
        guard end - start >= 4 else { return nil }
        var number: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = self[index].hexadecimalValue else { return nil }
            number = number << 4 | UInt32(digit)
        }
        return number
    }
}
