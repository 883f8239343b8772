// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Base64 (RFC 2045 section 6.8).
enum Base64 {
    /// What a decoder forgives.
    struct Faults: Equatable {
        /// Octets outside the alphabet that are no blanks and no line ends were skipped.
        var hasNoise = false
        /// The text does not end at a group of four: padding is missing, or octets are.
        var isIncomplete = false
        /// Octets of the alphabet follow the padding; they were left out.
        var hasOctetsAfterEnd = false
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The octets in base64, broken by CR LF into lines of `lineOctets`, the last line too; on one line without CR LF
    /// if that is nil.
    static func encoded(_ octets: [UInt8], lineOctets: Int?) -> [UInt8] {
        var text: [UInt8] = []
        let groups = (octets.count + 2) / 3
        text.reserveCapacity(groups * 4 + (lineOctets.map { groups * 8 / $0 + 2 } ?? 0))
        var column = 0
        for start in stride(from: 0, to: octets.count, by: 3) {
            let count = min(3, octets.count - start)
            let first = UInt32(octets[start]) << 16
            let second = count > 1 ? UInt32(octets[start + 1]) << 8 : 0
            let third = count > 2 ? UInt32(octets[start + 2]) : 0
            let word = first | second | third
            for place in 0..<4 {
                let digit = Int(word >> UInt32(18 - 6 * place) & 0x3F)
                text.append(place <= count ? alphabet[digit] : 0x3D)
            }
            column += 4
            if let lineOctets, column + 4 > lineOctets || start + 3 >= octets.count {
                text += [0x0D, 0x0A]
                column = 0
            }
        }
        return text
    }

    /// What base64 of any line length stands for.
    static func decoded(_ text: Span<UInt8>, _ range: Range<Int>, _ faults: inout Faults) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(range.count / 4 * 3)
        var word: UInt32 = 0
        var digits = 0
        var isEnded = false
        for index in range {
            let octet = text[index]
            if let value = value(octet) {
                if isEnded {
                    faults.hasOctetsAfterEnd = true
                    break
                }
                word = word << 6 | value
                digits += 1
                if digits == 4 {
                    octets.append(UInt8(truncatingIfNeeded: word >> 16))
                    octets.append(UInt8(truncatingIfNeeded: word >> 8))
                    octets.append(UInt8(truncatingIfNeeded: word))
                    digits = 0
                }
            } else if octet == 0x3D {
                // A padding sign says that no octet follows (RFC 2045 section 6.8).
                isEnded = true
            } else if !octet.isBlank, octet != 0x0D, octet != 0x0A, !isEnded {
                faults.hasNoise = true
            }
        }
        if digits == 2 || digits == 3 { octets.append(UInt8(truncatingIfNeeded: word >> (digits == 2 ? 4 : 10))) }
        if digits == 3 { octets.append(UInt8(truncatingIfNeeded: word >> 2)) }
        if digits == 1 || (digits > 1 && !isEnded) { faults.isIncomplete = true }
        return octets
    }

    private static func value(_ octet: UInt8) -> UInt32? {
        switch octet {
        case 0x41...0x5A: UInt32(octet - 0x41)
        case 0x61...0x7A: UInt32(octet - 0x61 + 26)
        case 0x30...0x39: UInt32(octet - 0x30 + 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}

/// Quoted-printable (RFC 2045 section 6.7).
enum QuotedPrintable {
    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    /// Text whose lines end with CR LF, in lines of at most 76 octets.
    static func encoded(_ text: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        var column = 0
        for (index, octet) in text.enumerated() {
            if octet == 0x0A {
                encoded += [0x0D, 0x0A]
                column = 0
                continue
            }
            if octet == 0x0D { continue }
            let isLast = index + 1 == text.count || text[index + 1] == 0x0D || text[index + 1] == 0x0A
            let isPlain = (0x21...0x7E).contains(octet) && octet != 0x3D || octet.isBlank && !isLast
            let width = isPlain ? 1 : 3
            if column + width > 75 {
                encoded += [0x3D, 0x0D, 0x0A]
                column = 0
            }
            if isPlain {
                encoded.append(octet)
            } else {
                encoded += [0x3D, hexadecimal[Int(octet >> 4)], hexadecimal[Int(octet & 0xF)]]
            }
            column += width
        }
        return encoded
    }

    /// What quoted-printable stands for; line ends stay as they are.
    ///
    /// An equals sign that is followed by neither two hexadecimal digits nor a line end is kept, as the RFC advises, and
    /// `isMalformed` becomes true.
    static func decoded(_ text: Span<UInt8>, _ range: Range<Int>, isMalformed: inout Bool) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(range.count)
        var index = range.lowerBound
        // Where blanks began that reach up to `index`: at a line's end they do not count.
        var content = 0
        while index < range.upperBound {
            let octet = text[index]
            index += 1
            switch octet {
            case 0x3D:
                if let value = hexadecimalOctet(text, index, range.upperBound) {
                    octets.append(value)
                    index += 2
                } else if let next = indexAfterSoftBreak(text, index, range.upperBound) {
                    index = next
                } else {
                    isMalformed = true
                    octets.append(octet)
                }
                content = octets.count
            case 0x0A, 0x0D:
                octets.removeSubrange(content...)
                octets.append(octet)
                content = octets.count
            default:
                octets.append(octet)
                if !octet.isBlank { content = octets.count }
            }
        }
        octets.removeSubrange(content...)
        return octets
    }

    private static func hexadecimalOctet(_ text: Span<UInt8>, _ index: Int, _ end: Int) -> UInt8? {
        guard end - index >= 2, let high = text[index].hexadecimalValue, let low = text[index + 1].hexadecimalValue
        else { return nil }
        return high << 4 | low
    }

    private static func indexAfterSoftBreak(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = text.indexAfterBlanks(from: start, to: end)
        if index == end { return end }
        if text[index] == 0x0D { index += 1 }
        guard index < end, text[index] == 0x0A else { return nil }
        return index + 1
    }
}
