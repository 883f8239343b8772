// SPDX-License-Identifier: Apache-2.0

// The octet classes of RFC 8461 sections 3.1 and 3.2, and scans over a span by index.
// A scanner that stored the span would need an experimental language feature.

extension UInt8 {
    /// `ALPHA / DIGIT` of RFC 5234.
    @inlinable
    package var isASCIIAlphanumeric: Bool {
        (self | 0x20) &- 0x61 < 26 || self &- 0x30 < 10
    }

    /// `DIGIT` of RFC 5234.
    @inlinable
    package var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// `ALPHA` in its upper-case half.
    @inlinable
    package var isASCIIUppercase: Bool { self &- 0x41 < 26 }

    /// The octet with ASCII upper-case letters made lower-case; every other octet as it is.
    @inlinable
    package var asciiLowercased: UInt8 { isASCIIUppercase ? self | 0x20 : self }

    /// `WSP` of RFC 5234: space or horizontal tab.
    @inlinable
    package var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// The octets after the first of an extension name: `ALPHA / DIGIT / "_" / "-" / "."` (RFC 8461 sections 3.1, 3.2).
    @inlinable
    package var isExtensionNameTail: Bool {
        isASCIIAlphanumeric || self == 0x5F || self == 0x2D || self == 0x2E
    }

    /// An octet of a host name's label: letter, digit or hyphen (RFC 5321 section 4.1.2), or the underscore that
    /// DNS services put into the names of mail exchangers.
    @inlinable
    package var isLabelOctet: Bool {
        isASCIIAlphanumeric || self == 0x2D || self == 0x5F
    }
}

extension Span<UInt8> {
    /// The eight octets from `start` on, the first in the lowest bits.
    @inlinable
    package func word(at start: Int) -> UInt64 {
        // One check for the eight, which the compiler then reads at once.
        let octets = extracting(start..<(start &+ 8))
        let low = UInt64(octets[0]) | UInt64(octets[1]) << 8 | UInt64(octets[2]) << 16 | UInt64(octets[3]) << 24
        let high = UInt64(octets[4]) | UInt64(octets[5]) << 8 | UInt64(octets[6]) << 16 | UInt64(octets[7]) << 24
        return low | high << 32
    }

    /// Up to eight octets from `start` on and before `end`, the first in the lowest bits, the missing ones 0.
    @inlinable
    package func word(from start: Int, to end: Int) -> UInt64 {
        if end &- start >= 8 { return word(at: start) }
        guard start < end else { return 0 }
        let octets = extracting(start..<end)
        var word: UInt64 = 0
        for offset in octets.indices { word |= UInt64(octets[offset]) << UInt64(truncatingIfNeeded: offset &* 8) }
        return word
    }

    /// The first index at or after `start` and before `end` whose octet is `octet`, or `end`.
    @inlinable
    package func index(of octet: UInt8, from start: Int, to end: Int) -> Int {
        var index = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end &- index >= 8 {
            // Octets equal to the one sought become 0; the lowest 0 is the lowest of the marks.
            let difference = word(at: index) ^ (ones &* UInt64(octet))
            let marks = (difference &- ones) & ~difference & (ones << 7)
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < end, self[index] != octet { index &+= 1 }
        return index
    }

    /// The first index at or after `start` and before `end` whose octet is no space and no tab, or `end`.
    @inlinable
    package func indexAfterBlanks(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, self[index].isBlank { index &+= 1 }
        return index
    }

    /// The end of `start..<end` without the spaces and tabs that close it.
    @inlinable
    package func endBeforeBlanks(from start: Int, to end: Int) -> Int {
        var index = end
        while index > start, self[index &- 1].isBlank { index &-= 1 }
        return index
    }

    /// Whether the octets of `start..<end` are those of `literal`, case-sensitively.
    @inlinable
    package func equals(_ literal: StaticString, from start: Int, to end: Int) -> Bool {
        end &- start == literal.utf8CodeUnitCount && hasPrefix(literal, at: start, to: end)
    }

    /// Whether `start..<end` begins with the octets of `literal`, case-sensitively.
    @inlinable
    package func hasPrefix(_ literal: StaticString, at start: Int, to end: Int) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard end &- start >= count else { return false }
        let octets = extracting(start..<(start &+ count))
        // StaticString promises `utf8CodeUnitCount` readable octets at `utf8Start` for the program's life.
        let first = unsafe literal.utf8Start
        for offset in octets.indices {
            if unsafe octets[offset] != first[offset] { return false }
        }
        return true
    }

    /// Whether the octets of `start..<end` equal those of `other` in `otherStart..<otherEnd`.
    @inlinable
    package func equals(
        from start: Int,
        to end: Int,
        _ other: borrowing Span<UInt8>,
        from otherStart: Int,
        to otherEnd: Int
    ) -> Bool {
        guard end &- start == otherEnd &- otherStart else { return false }
        var offset = 0
        let count = end &- start
        while offset < count {
            if self[start &+ offset] != other[otherStart &+ offset] { return false }
            offset &+= 1
        }
        return true
    }

    /// The octets of `start..<end` as text; octets that are not UTF-8 become U+FFFD.
    package func text(from start: Int, to end: Int) -> String {
        var octets: [UInt8] = []
        octets.reserveCapacity(end - start)
        for index in start..<end { octets.append(self[index]) }
        return String(decoding: octets, as: UTF8.self)
    }

    /// A copy of the octets of `start..<end`.
    package func octets(from start: Int, to end: Int) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(end - start)
        for index in start..<end { octets.append(self[index]) }
        return octets
    }
}
