// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A short range of a policy's text and one flag, in 32 bits: 17 for the start, 8 for the length.
///
/// A text has at most 65,536 octets; a checked pattern at most 255, a field name at most 32.
struct PackedRange {
    let word: UInt32

    init(_ word: UInt32) { self.word = word }

    init(start: Int, end: Int, isFlagged: Bool) {
        word = UInt32(truncatingIfNeeded: start << 8 | (end - start)) | (isFlagged ? 1 << 31 : 0)
    }

    var isFlagged: Bool { word >> 31 == 1 }
    var start: Int { Int(word >> 8 & 0x1FFFF) }
    var end: Int { start &+ Int(word & 0xFF) }
}

/// Ranges of a text in order, each content once, found again in linear time.
struct DistinctRanges {
    /// Each entry: its packed range, then its payload.
    private(set) var words: [UInt32] = []
    private(set) var count = 0

    private let wordsPerEntry: Int
    /// Open addressing: the number of an entry plus one, or 0. Empty while there are few entries.
    private var slots: [UInt32] = []

    init(wordsPerEntry: Int) { self.wordsPerEntry = wordsPerEntry }

    // A multiplier that a hostile text cannot know: it could otherwise make all its entries collide.
    private static let multiplier = UInt64.random(in: .min ... .max) | 1

    /// Adds a range unless one of the same octets is there.
    mutating func insert(_ octets: Span<UInt8>, _ range: PackedRange, payload: (UInt32, UInt32)?) {
        if count < 8 {
            for entry in 0..<count where isEqual(octets, entry, range) { return }
        } else {
            if slots.count < count * 2 + 2 { rebuild(octets) }
            let slot = slot(for: range, octets)
            guard slots[slot] == 0 else { return }
            slots[slot] = UInt32(truncatingIfNeeded: count + 1)
        }
        words.append(range.word)
        if let payload {
            words.append(payload.0)
            words.append(payload.1)
        }
        count += 1
    }

    private func isEqual(_ octets: Span<UInt8>, _ entry: Int, _ range: PackedRange) -> Bool {
        let other = PackedRange(words[entry * wordsPerEntry])
        return octets.equals(from: range.start, to: range.end, octets, from: other.start, to: other.end)
    }

    /// The slot that holds an equal range, or the free one where it belongs.
    private func slot(for range: PackedRange, _ octets: Span<UInt8>) -> Int {
        var hash: UInt64 = 0
        for index in range.start..<range.end {
            hash = (hash &+ UInt64(octets[index]) &+ 1) &* Self.multiplier
            hash ^= hash >> 32
        }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0, !isEqual(octets, Int(slots[slot]) - 1, range) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func rebuild(_ octets: Span<UInt8>) {
        var size = 32
        while size < count * 4 { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
        for entry in 0..<count {
            let slot = slot(for: PackedRange(words[entry * wordsPerEntry]), octets)
            slots[slot] = UInt32(truncatingIfNeeded: entry + 1)
        }
    }
}
