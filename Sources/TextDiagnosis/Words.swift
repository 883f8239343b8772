// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension ArraySlice<UInt8> {
    /// Whether the octets are those of a word, without regard to the case of ASCII letters.
    package func isWord(_ word: String) -> Bool {
        count == word.utf8.count && hasWordPrefix(word)
    }

    /// Whether the octets begin with a word, without regard to the case of ASCII letters.
    package func hasWordPrefix(_ word: String) -> Bool { span.hasWord(word.utf8.span, at: 0) }

    /// The place of the first occurrence of a short word, without regard to the case of ASCII letters.
    package func firstPlace(ofWord word: String) -> Int? {
        let (octets, word) = (span, word.utf8.span)
        guard !word.isEmpty, octets.count >= word.count else { return nil }
        for start in 0...octets.count - word.count where octets.hasWord(word, at: start) { return startIndex + start }
        return nil
    }

    /// The octets without the blanks at both ends.
    package var trimmed: ArraySlice<UInt8> {
        var rest = self
        while let octet = rest.first, octet.isBlank { rest = rest.dropFirst() }
        while let octet = rest.last, octet.isBlank { rest = rest.dropLast() }
        return rest
    }
}

extension [UInt8] {
    /// The place of the first occurrence of a short word, without regard to the case of ASCII letters.
    package func firstPlace(ofWord word: String) -> Int? { self[...].firstPlace(ofWord: word) }

    /// The octets without the blanks at both ends.
    package var trimmed: ArraySlice<UInt8> { self[...].trimmed }
}

extension Span<UInt8> {
    /// Whether a word stands at `start`, without regard to the case of ASCII letters.
    fileprivate func hasWord(_ word: Span<UInt8>, at start: Int) -> Bool {
        guard count &- start >= word.count else { return false }
        var index = 0
        while index < word.count {
            guard self[start &+ index].asciiLowercased == word[index].asciiLowercased else { return false }
            index &+= 1
        }
        return true
    }
}

/// How many insertions, deletions, replacements and swaps of neighbours make one word of another, at most `limit`.
///
/// Nil if it takes more. Meant for field names: words longer than 40 octets are never near.
package func editDistance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
    guard abs(left.count - right.count) <= limit, max(left.count, right.count) <= 40 else { return nil }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for column in 0..<right.count {
            let isEqual = left[row] == right[column]
            var cost = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (isEqual ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforePrevious[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[right.count] <= limit ? previous[right.count] : nil
}
