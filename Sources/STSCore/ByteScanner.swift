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

extension UInt64 {
    /// The eight octets with ASCII upper-case letters made lower-case.
    @inlinable
    package var asciiLowercased: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = self & ~(ones &<< 7)
        let atLeastA = low &+ ones &* (0x80 - 0x41)
        let aboveZ = low &+ ones &* (0x80 - 0x5B)
        return self | (atLeastA & ~aboveZ & ~self & ones &<< 7) &>> 2
    }
}

extension Span<UInt8> {
    /// The eight octets from `start` on, the first in the lowest bits.
    @inlinable
    @inline(__always)
    package func word(at start: Int) -> UInt64 {
        // The read is checked to lie within the span; unsafe is only that it may give a value that its type does not
        // have, and UInt64 has all. Read octet by octet the eight cost 26 instructions, like this 6.
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// Up to eight octets from `start` on and before `end`, the first in the lowest bits, the missing ones 0.
    @inlinable
    @inline(__always)
    package func word(from start: Int, to end: Int) -> UInt64 {
        let missing = start &+ 8 &- end
        guard missing > 0 else { return word(at: start) }
        guard missing < 8 else { return 0 }
        // One read of eight octets of which some are outside the range, if the span has as many.
        if start &+ 8 <= count { return word(at: start) & (UInt64.max &>> UInt64(truncatingIfNeeded: missing &* 8)) }
        if end >= 8 { return word(at: end &- 8) &>> UInt64(truncatingIfNeeded: missing &* 8) }
        return extracting(start..<end).lastWord(from: 0)
    }

    /// Up to seven octets from `start` to the end of the span, the first in the lowest bits, the missing ones 0.
    @usableFromInline
    @inline(never)
    func lastWord(from start: Int) -> UInt64 {
        let octets = extracting(start..<count)
        guard !octets.isEmpty else { return 0 }
        if count >= 8 { return word(at: count &- 8) &>> UInt64(truncatingIfNeeded: (8 &- octets.count) &* 8) }
        var word: UInt64 = 0
        for offset in octets.indices { word |= UInt64(octets[offset]) &<< UInt64(truncatingIfNeeded: offset &* 8) }
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
    @inline(__always)
    package func equals(_ literal: StaticString, from start: Int, to end: Int) -> Bool {
        end &- start == literal.utf8CodeUnitCount && hasPrefix(literal, at: start, to: end)
    }

    /// Whether `start..<end` begins with the octets of `literal`, case-sensitively.
    @inlinable
    @inline(__always)
    package func hasPrefix(_ literal: StaticString, at start: Int, to end: Int) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard end &- start >= count else { return false }
        // A short literal is a constant to the compiler, and one comparison.
        if count <= 8 { return word(from: start, to: start &+ count) == literal.word }
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
        let count = end &- start
        guard count == otherEnd &- otherStart else { return false }
        guard count >= 8 else { return word(from: start, to: end) == other.word(from: otherStart, to: otherEnd) }
        let left = extracting(start..<end)
        let right = other.extracting(otherStart..<otherEnd)
        var offset = 0
        while offset < count &- 8 {
            if left.word(at: offset) != right.word(at: offset) { return false }
            offset &+= 8
        }
        // The last eight, some of which were compared before.
        return left.word(at: count &- 8) == right.word(at: count &- 8)
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

extension StaticString {
    /// The first eight octets or fewer, the first in the lowest bits, the missing ones 0.
    @inlinable
    @inline(__always)
    package var word: UInt64 {
        // StaticString promises `utf8CodeUnitCount` readable octets at `utf8Start` for the program's life.
        let first = unsafe utf8Start
        let count = utf8CodeUnitCount
        var word: UInt64 = 0
        if count > 0 { word |= unsafe UInt64(first[0]) }
        if count > 1 { word |= unsafe UInt64(first[1]) &<< 8 }
        if count > 2 { word |= unsafe UInt64(first[2]) &<< 16 }
        if count > 3 { word |= unsafe UInt64(first[3]) &<< 24 }
        if count > 4 { word |= unsafe UInt64(first[4]) &<< 32 }
        if count > 5 { word |= unsafe UInt64(first[5]) &<< 40 }
        if count > 6 { word |= unsafe UInt64(first[6]) &<< 48 }
        if count > 7 { word |= unsafe UInt64(first[7]) &<< 56 }
        return word
    }
}

/// The hash FNV-1a: the same in every process and version, and no defence against who chooses the octets.
package enum FNV1a {
    /// The hash of nothing in 64 bits.
    @inlinable
    package static var basis: UInt64 { 0xCBF2_9CE4_8422_2325 }

    /// The hash in 64 bits of octets after those that `seed` is the hash of.
    @inlinable
    package static func hash64(_ octets: Span<UInt8>, after seed: UInt64 = basis) -> UInt64 {
        var hash = seed
        for index in 0..<octets.count { hash = (hash ^ UInt64(octets[index])) &* 0x0000_0100_0000_01B3 }
        return hash
    }

    /// The hash in 128 bits.
    @inlinable
    package static func hash128(_ octets: Span<UInt8>) -> UInt128 {
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for index in 0..<octets.count {
            hash = (hash ^ UInt128(octets[index])) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
        }
        return hash
    }
}
