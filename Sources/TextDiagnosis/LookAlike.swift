// SPDX-License-Identifier: Apache-2.0

/// A character that looks like an ASCII one, or like nothing, and that a wire format does not take for it.
package struct LookAlike: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Typographic quotation marks.
        case smartQuote
        /// Blanks other than space and tab.
        case unicodeSpace
        /// Characters without any width, the byte order mark among them.
        case invisible
        /// Full-width forms of ASCII characters.
        case fullwidth
        /// Dashes and minus signs other than the hyphen.
        case dash
        /// A single octet above 0x7F that is not UTF-8 and is one of the above in the code page windows-1252.
        case windows1252
    }

    package let kind: Kind

    /// The number of octets.
    package let length: Int

    /// The ASCII octet it stands for, nil for nothing.
    package let ascii: UInt8?

    /// Its name for people: `U+00A0`, or `octet 0xA0`.
    package let name: String

    /// The look-alike at an index of a text, if there is one.
    package init?(_ text: Span<UInt8>, at index: Int, to end: Int) {
        let first = text[index]
        guard first >= 0x80 else { return nil }
        if let (scalar, length) = Self.scalar(text, at: index, to: end) {
            guard let (kind, ascii) = Self.kind(of: scalar) else { return nil }
            self.init(kind: kind, length: length, ascii: ascii, name: "U+" + hexadecimal(scalar, digits: 4))
        } else {
            let ascii: UInt8
            switch first {
            case 0x91, 0x92: ascii = 0x27
            case 0x93, 0x94: ascii = 0x22
            case 0x96, 0x97: ascii = 0x2D
            case 0xA0: ascii = 0x20
            default: return nil
            }
            // A continuation octet inside a longer character is none.
            if index > 0, text[index - 1] >= 0x80 { return nil }
            self.init(
                kind: .windows1252,
                length: 1,
                ascii: ascii,
                name: "octet 0x" + hexadecimal(UInt32(first), digits: 2)
            )
        }
    }

    private init(kind: Kind, length: Int, ascii: UInt8?, name: String) {
        self.kind = kind
        self.length = length
        self.ascii = ascii
        self.name = name
    }

    /// A character of two or three octets of UTF-8; all look-alikes are of that length.
    private static func scalar(_ text: Span<UInt8>, at index: Int, to end: Int) -> (UInt32, Int)? {
        func tail(_ offset: Int) -> UInt32? {
            guard end - index > offset, text[index + offset] & 0xC0 == 0x80 else { return nil }
            return UInt32(text[index + offset] & 0x3F)
        }
        let first = UInt32(text[index])
        switch first {
        case 0xC2...0xDF:
            guard let second = tail(1) else { return nil }
            return ((first & 0x1F) << 6 | second, 2)
        case 0xE0...0xEF:
            guard let second = tail(1), let third = tail(2) else { return nil }
            let scalar = (first & 0x0F) << 12 | second << 6 | third
            return scalar < 0x800 ? nil : (scalar, 3)
        default:
            return nil
        }
    }

    private static func kind(of scalar: UInt32) -> (Kind, UInt8?)? {
        switch scalar {
        case 0x2018...0x201B, 0x2032, 0x2035, 0x00B4: (.smartQuote, 0x27)
        case 0x201C...0x201F, 0x2033, 0x2036, 0x00AB, 0x00BB: (.smartQuote, 0x22)
        case 0x00A0, 0x0085, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: (.unicodeSpace, 0x20)
        case 0x00AD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: (.invisible, nil)
        case 0xFF01...0xFF5E: (.fullwidth, UInt8(truncatingIfNeeded: scalar - 0xFEE0))
        case 0x3002, 0xFF61: (.fullwidth, 0x2E)
        case 0x2010...0x2015, 0x2212, 0xFE63: (.dash, 0x2D)
        default: nil
        }
    }
}

/// A text in which look-alikes are replaced by what they stand for, with the way back to the places they came from.
package struct PlainText: Sendable {
    /// The octets after replacement.
    package private(set) var octets: [UInt8] = []

    /// For each of ``octets`` the offset it came from, then the end of the source.
    private var origins: [Int] = []

    /// The look-alikes, each with its place in ``octets``.
    private var lookAlikes: [(index: Int, source: Range<Int>, lookAlike: LookAlike)] = []

    package init(_ text: Span<UInt8>, from start: Int, to end: Int) {
        octets.reserveCapacity(end - start)
        origins.reserveCapacity(end - start + 1)
        var index = start
        while index < end {
            if let found = LookAlike(text, at: index, to: end) {
                lookAlikes.append((octets.count, index..<index + found.length, found))
                if let ascii = found.ascii {
                    octets.append(ascii)
                    origins.append(index)
                }
                index += found.length
            } else {
                octets.append(text[index])
                origins.append(index)
                index += 1
            }
        }
        origins.append(end)
    }

    /// The look-alikes of a part of ``octets``, those of one kind in a row together, each with its place in the source.
    package func lookAlikes(in range: Range<Int>) -> [(source: Range<Int>, lookAlike: LookAlike)] {
        var rows: [(source: Range<Int>, lookAlike: LookAlike)] = []
        for (index, source, lookAlike) in lookAlikes where range.lowerBound <= index && index <= range.upperBound {
            // What stands for nothing has no place of its own: after the last octet it belongs to the last part.
            if index == range.upperBound, index < octets.count { continue }
            if let last = rows.last, last.source.upperBound == source.lowerBound, last.lookAlike.kind == lookAlike.kind
            {
                rows[rows.count - 1].source = last.source.lowerBound..<source.upperBound
            } else {
                rows.append((source, lookAlike))
            }
        }
        return rows
    }

    /// Takes out the octets for which a condition holds.
    package mutating func remove(_ condition: (UInt8) -> Bool) {
        let octets = octets
        removeOctets { condition(octets[$0]) }
    }

    /// Takes out the octets at the indices for which a condition holds.
    package mutating func removeOctets(where isRemoved: (Int) -> Bool) {
        let kept = octets.indices.filter { !isRemoved($0) }
        var places = [Int](repeating: 0, count: octets.count + 1)
        for (place, index) in kept.enumerated() { places[index] = place }
        for index in octets.indices.reversed() where isRemoved(index) {
            places[index] = index + 1 < octets.count ? places[index + 1] : kept.count
        }
        places[octets.count] = kept.count
        lookAlikes = lookAlikes.map { (places[$0.index], $0.source, $0.lookAlike) }
        origins = kept.map { origins[$0] } + origins.suffix(1)
        octets = kept.map { octets[$0] }
    }

    /// The range of the source that a range of ``octets`` came from.
    package func source(_ range: Range<Int>) -> Range<Int> {
        let start = origins[range.lowerBound]
        return start..<max(start, origins[range.upperBound])
    }
}
