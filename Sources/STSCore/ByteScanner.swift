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
    /// The first index at or after `start` and before `end` whose octet is `octet`, or `end`.
    @inlinable
    package func index(of octet: UInt8, from start: Int, to end: Int) -> Int {
        var index = start
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
        var offset = 0
        while offset < count {
            // StaticString promises `utf8CodeUnitCount` readable octets at `utf8Start` for the program's life.
            if unsafe self[start &+ offset] != literal.utf8Start[offset] { return false }
            offset &+= 1
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
