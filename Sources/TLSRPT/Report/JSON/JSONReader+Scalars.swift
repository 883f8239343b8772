// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A string as read.
struct JSONString {
    /// The index after the closing quotation mark.
    var end: Int
    var hasEscapes = false
    var hasNoncharacters = false
}

extension Span<UInt8> {
    /// `number = [ "-" ] int [ frac ] [ exp ]` (RFC 8259 section 6): the index after it.
    func endOfNumber(from start: Int) throws(TLSReport.ParseError) -> Int {
        var at = start
        if self[at] == 0x2D { at += 1 }
        let integer = at
        at = endOfDigits(from: at)
        // No leading zeros, and at least one digit everywhere.
        guard at > integer, at == integer + 1 || self[integer] != 0x30 else { throw .init(.invalidNumber, at: start) }
        if at < count, self[at] == 0x2E {
            let fraction = at + 1
            at = endOfDigits(from: fraction)
            guard at > fraction else { throw .init(.invalidNumber, at: start) }
        }
        if at < count, self[at] | 0x20 == 0x65 {
            at += 1
            if at < count, self[at] == 0x2B || self[at] == 0x2D { at += 1 }
            let exponent = at
            at = endOfDigits(from: exponent)
            guard at > exponent else { throw .init(.invalidNumber, at: start) }
        }
        return at
    }

    private func endOfDigits(from start: Int) -> Int {
        var at = start
        while at < count, self[at].isASCIIDigit { at &+= 1 }
        return at
    }

    /// `string = quotation-mark *char quotation-mark` (RFC 8259 section 7) in UTF-8 (RFC 7493 section 2.1).
    func endOfString(from start: Int) throws(TLSReport.ParseError) -> JSONString {
        var read = JSONString(end: start &+ 1)
        while true {
            read.end = endOfPlainText(from: read.end)
            guard read.end < count else { throw .init(.unexpectedEnd, at: read.end) }
            let octet = self[read.end]
            switch octet {
            case 0x22:
                read.end &+= 1
                return read
            case 0x5C:
                read.hasEscapes = true
                try readEscape(&read)
            case ..<0x20: throw .init(.controlCharacter, at: read.end)
            default:
                guard let character = character(at: read.end) else { throw .init(.invalidUTF8, at: read.end) }
                if character.number.isNoncharacter { read.hasNoncharacters = true }
                read.end &+= character.length
            }
        }
    }

    /// The first index from `start` on that is no octet of ASCII that stands for itself in a string, or the end.
    private func endOfPlainText(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while count &- at >= 8 {
            let word = word(at: at)
            // In each term the lowest bit set marks the first octet above 0x7F, below 0x20, a quotation mark, a backslash.
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let marks =
                (word | (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes
                    | (backslashes &- ones) & ~backslashes) & (ones << 7)
            if marks != 0 { return at &+ marks.trailingZeroBitCount / 8 }
            at &+= 8
        }
        while at < count {
            let octet = self[at]
            guard (0x20..<0x80).contains(octet), octet != 0x22, octet != 0x5C else { return at }
            at &+= 1
        }
        return at
    }

    private func readEscape(_ read: inout JSONString) throws(TLSReport.ParseError) {
        let start = read.end
        guard start + 1 < count else { throw .init(.unexpectedEnd, at: count) }
        switch self[start + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: read.end = start + 2
        case 0x75:
            guard let escape = unicodeEscape(at: start + 2, to: count) else {
                let isEscape = fourHexDigits(at: start + 2, to: count) != nil
                throw .init(isEscape ? .loneSurrogate : .invalidEscape, at: start)
            }
            if escape.scalar.value.isNoncharacter { read.hasNoncharacters = true }
            read.end = escape.end
        default: throw .init(.invalidEscape, at: start)
        }
    }

    /// The character that is encoded at `start` by the table of RFC 3629 section 4; nil if there is none.
    private func character(at start: Int) -> (number: UInt32, length: Int)? {
        let first = self[start]
        let length: Int
        let second: ClosedRange<UInt8>
        switch first {
        case ..<0x80: return (UInt32(first), 1)
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        default: return nil
        }
        guard count &- start >= length, second.contains(self[start &+ 1]) else { return nil }
        var number = UInt32(first) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for index in start &+ 1..<start &+ length {
            let octet = self[index]
            guard octet & 0xC0 == 0x80 else { return nil }
            number = number << 6 | UInt32(octet & 0x3F)
        }
        return (number, length)
    }
}
