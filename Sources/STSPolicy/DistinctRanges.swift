// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A short range of a policy's text and two flags, in 32 bits: 17 for the start, 8 for the length.
///
/// A text has at most 65,536 octets; a checked pattern at most 255, a field name at most 32.
struct PackedRange {
    let word: UInt32

    init(_ word: UInt32) { self.word = word }

    init(start: Int, end: Int, isWildcard: Bool = false, isInert: Bool = false) {
        let place = UInt32(truncatingIfNeeded: start &<< 8 | (end &- start))
        word = place | (isInert ? 1 &<< 31 : 0) | (isWildcard ? 1 &<< 30 : 0)
    }

    /// Whether a pattern has the shape of an IP address.
    var isInert: Bool { word >> 31 == 1 }
    /// Whether a pattern begins with `*.`.
    var isWildcard: Bool { word &>> 30 & 1 == 1 }
    /// The length and the flags.
    var shape: UInt32 { word & 0xC000_00FF }
    var start: Int { Int(word &>> 8 & 0x1FFFF) }
    var count: Int { Int(word & 0xFF) }
    var end: Int { start &+ count }
}

/// Ranges of a text in order, each content once, in linear time.
struct DistinctRanges {
    /// Each entry: its packed range, then its payload. Without repeats once ``removeRepeats(_:)`` was called.
    private(set) var words: [UInt32] = []
    private(set) var count = 0

    private let wordsPerEntry: Int

    init(wordsPerEntry: Int) { self.wordsPerEntry = wordsPerEntry }

    // A multiplier that a hostile text cannot know: it could otherwise make all its entries collide.
    private static let multiplier = UInt64.random(in: .min ... .max) | 1

    /// Up to so many entries are compared one by one as they come.
    private static let handful = 8

    /// Adds a range; one of the same octets that is there already is dropped now or by ``removeRepeats(_:)``.
    mutating func insert(_ octets: Span<UInt8>, _ range: PackedRange) {
        if count < Self.handful {
            if count == 0 { words.reserveCapacity(Self.handful) }
            if hasRepeat(octets, range) { return }
        }
        words.append(range.word)
        count &+= 1
    }

    /// Adds a range and two words that belong to it.
    mutating func insert(_ octets: Span<UInt8>, _ range: PackedRange, payload: (UInt32, UInt32)) {
        let known = count
        insert(octets, range)
        guard count > known else { return }
        words.append(payload.0)
        words.append(payload.1)
    }

    private func hasRepeat(_ octets: Span<UInt8>, _ range: PackedRange) -> Bool {
        let words = words.span
        var index = 0
        while index < words.count {
            if Self.isEqual(octets, PackedRange(words[index]), range) { return true }
            index &+= wordsPerEntry
        }
        return false
    }

    /// Drops each entry whose octets an earlier one has.
    mutating func removeRepeats(_ octets: Span<UInt8>) {
        guard count > Self.handful else { return }
        let step = wordsPerEntry
        var size = 32
        while size < count * 2 { size *= 2 }
        // Open addressing: the kept entries, with some bits of their hashes.
        var table = [Slot](repeating: Slot(), count: size)
        var slots = table.mutableSpan
        var entries = words.mutableSpan
        let multiplier = Self.multiplier
        var kept = 0
        var next = 0
        while next < entries.count {
            let range = PackedRange(entries[next])
            let hash = Self.hash(range, octets, multiplier)
            let mark = Slot(range: range, tag: UInt32(truncatingIfNeeded: hash &>> 32))
            var slot = Int(truncatingIfNeeded: hash) & (size &- 1)
            var isRepeat = false
            while slots[slot].isTaken {
                if slots[slot].tag == mark.tag, Self.isEqual(octets, slots[slot].range, range) {
                    isRepeat = true
                    break
                }
                slot = (slot &+ 1) & (size &- 1)
            }
            if !isRepeat {
                slots[slot] = mark
                if kept < next {
                    for word in 0..<step { entries[kept &+ word] = entries[next &+ word] }
                }
                kept &+= step
            }
            next &+= step
        }
        words.removeLast(words.count - kept)
        count = kept / step
    }

    private struct Slot {
        var range = PackedRange(0)
        var tag: UInt32 = 0
        // No entry is empty.
        var isTaken: Bool { range.count != 0 }
    }

    private static func isEqual(_ octets: Span<UInt8>, _ left: PackedRange, _ right: PackedRange) -> Bool {
        left.count == right.count
            && octets.equals(from: left.start, to: left.end, octets, from: right.start, to: right.end)
    }

    private static func hash(_ range: PackedRange, _ octets: Span<UInt8>, _ multiplier: UInt64) -> UInt64 {
        var hash = UInt64(range.count)
        func mix(_ word: UInt64) {
            let (high, low) = (hash ^ word).multipliedFullWidth(by: multiplier)
            hash = high ^ low
        }
        let count = range.count
        guard count >= 8 else {
            mix(octets.word(from: range.start, to: range.end))
            return hash
        }
        let text = octets.extracting(range.start..<range.end)
        var index = 0
        while index &+ 8 < count {
            mix(text.word(at: index))
            index &+= 8
        }
        // The last eight, some of which were mixed in before.
        mix(text.word(at: count &- 8))
        return hash
    }
}
