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
    mutating func insert(_ octets: Span<UInt8>, _ range: PackedRange, payload: (UInt32, UInt32)?) {
        if count < Self.handful {
            for entry in 0..<count where isEqual(octets, entry, range) { return }
        }
        words.append(range.word)
        if let payload {
            words.append(payload.0)
            words.append(payload.1)
        }
        count += 1
    }

    /// Drops each entry whose octets an earlier one has.
    mutating func removeRepeats(_ octets: Span<UInt8>) {
        guard count > Self.handful else { return }
        var size = 32
        while size < count * 2 { size *= 2 }
        // Open addressing: the number of a kept entry plus one, or 0.
        var slots = [UInt32](repeating: 0, count: size)
        let multiplier = Self.multiplier
        var kept = 0
        for entry in 0..<count {
            let range = PackedRange(words[entry * wordsPerEntry])
            var slot = Int(truncatingIfNeeded: Self.hash(range, octets, multiplier)) & (size - 1)
            while slots[slot] != 0, !isEqual(octets, Int(slots[slot]) - 1, range) { slot = (slot + 1) & (size - 1) }
            guard slots[slot] == 0 else { continue }
            for word in 0..<wordsPerEntry {
                words[kept * wordsPerEntry + word] = words[entry * wordsPerEntry + word]
            }
            kept += 1
            slots[slot] = UInt32(truncatingIfNeeded: kept)
        }
        words.removeLast((count - kept) * wordsPerEntry)
        count = kept
    }

    private func isEqual(_ octets: Span<UInt8>, _ entry: Int, _ range: PackedRange) -> Bool {
        let other = PackedRange(words[entry * wordsPerEntry])
        return octets.equals(from: range.start, to: range.end, octets, from: other.start, to: other.end)
    }

    private static func hash(_ range: PackedRange, _ octets: Span<UInt8>, _ multiplier: UInt64) -> UInt64 {
        var hash = UInt64(range.end - range.start)
        func mix(_ word: UInt64) {
            let (high, low) = (hash ^ word).multipliedFullWidth(by: multiplier)
            hash = high ^ low
        }
        var index = range.start
        while index < range.end {
            mix(octets.word(from: index, to: range.end))
            index += 8
        }
        return hash
    }
}
