// SPDX-License-Identifier: Apache-2.0

// Host names eight octets at a time. Marks are the highest bit of an octet; the lowest octet of a word is the first.

/// The classes of the eight octets of a word.
@usableFromInline
struct OctetClasses {
    /// Hyphens and dots, which stand side by side in ASCII.
    @usableFromInline let edges: UInt64
    /// Neither letter nor digit.
    @usableFromInline let notAlphanumeric: UInt64

    @inlinable
    @inline(__always)
    init(_ word: UInt64) {
        // Of seven bits each, a sum of two stays within its octet.
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let folded = low | 0x2020_2020_2020_2020
        let atLeastA = folded &+ 0x1F1F_1F1F_1F1F_1F1F  // carries into the highest bit from 0x61 on
        let aboveZ = folded &+ 0x0505_0505_0505_0505  // from 0x7B on
        let atLeast0 = low &+ 0x5050_5050_5050_5050  // from 0x30 on
        let above9 = low &+ 0x4646_4646_4646_4646  // from 0x3A on
        let atLeastHyphen = low &+ 0x5353_5353_5353_5353  // from 0x2D on
        let aboveDot = low &+ 0x5151_5151_5151_5151  // from 0x2F on
        edges = atLeastHyphen & ~aboveDot & ~word & 0x8080_8080_8080_8080
        notAlphanumeric = (~(atLeastA & ~aboveZ | atLeast0 & ~above9) | word) & 0x8080_8080_8080_8080
    }
}

extension Span<UInt8> {
    /// The end of the plain name that reaches from `start` as far as its octets go; `start` if there is no such name.
    ///
    /// A plain name consists of letters, digits, hyphens and dots, has no two of the latter side by side and none at
    /// its ends, no digit at the beginning of its last part, and at most 63 octets. It is a valid host name then, and
    /// no IP address. Nearly all names are plain; what is not is for a reader that goes octet by octet, which knows the
    /// rest of the grammar, each fault and its place.
    @inlinable
    package func endOfPlainName(from start: Int, to limit: Int) -> Int {
        let octets = extracting(start..<limit)
        var index = 0
        var faults: UInt64 = 0
        // What stood before the word; before the start it counts as a dot.
        var before: UInt64 = 0x80
        while true {
            // Past the limit the word is zero, so that the name ends there.
            let isWhole = octets.count &- index >= 8
            let classes = OctetClasses(isWhole ? octets.word(at: index) : octets.lastWord(from: index))
            let others = classes.notAlphanumeric & ~classes.edges
            let afterEdge = classes.edges &<< 8 | before
            if others != 0 {
                let first = others & (0 &- others)
                faults |= classes.edges & afterEdge & (first &- 1) | afterEdge & first
                index &+= first.trailingZeroBitCount &>> 3
                break
            }
            faults |= classes.edges & afterEdge
            before = classes.edges &>> 56
            index &+= 8
        }
        guard faults == 0, index <= Self.maximumPlainName else { return start }
        var part = index &- 1
        while part > 0, octets[part &- 1] &- 0x2D >= 2 { part &-= 1 }
        return octets[part].isASCIIDigit ? start : start &+ index
    }

    /// A name of at most so many octets has no label that is too long.
    @inlinable
    package static var maximumPlainName: Int { 63 }

    /// The first index at or after `start` and before `end` whose octet is no letter and no digit, or `end`.
    @inlinable
    package func indexAfterAlphanumerics(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            // Past the end the word is zero, which is no letter.
            let others = OctetClasses(word(from: index, to: end)).notAlphanumeric
            if others != 0 { return index &+ others.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        return end
    }

    /// Whether `start..<end` has an ASCII upper-case letter.
    package func hasUppercase(from start: Int, to end: Int) -> Bool {
        var index = start
        while index < end {
            let word = word(from: index, to: end)
            if word != word.asciiLowercased { return true }
            index &+= 8
        }
        return false
    }
}
