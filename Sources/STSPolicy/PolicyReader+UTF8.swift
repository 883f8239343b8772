// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension PolicyReader {
    /// The index of the first octet that keeps `start..<end` from being an extension value, nil if it is one.
    ///
    ///     extvalue := vchar ( ( sp | vchar ){0,} vchar )?
    ///     vchar    := [0x21-0x7E] | a well-formed UTF-8 sequence of 2, 3 or 4 octets
    static func firstFault(inExtensionValue octets: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        guard end > start else { return start }
        if octets[start] == 0x20 { return start }
        if octets[end - 1] == 0x20 { return end - 1 }
        var index = start
        while index < end {
            let octet = octets[index]
            if octet &- 0x20 < 0x5F {
                index += 1
            } else {
                let length = wellFormedSequence(octets, at: index, to: end)
                guard length > 0 else { return index }
                index += length
            }
        }
        return nil
    }

    /// The length of the well-formed UTF-8 sequence of 2 to 4 octets at an index, or 0 (RFC 3629 section 4).
    private static func wellFormedSequence(_ octets: Span<UInt8>, at index: Int, to end: Int) -> Int {
        // The range of the second octet keeps out overlong forms, surrogates and what lies above U+10FFFF.
        let length: Int
        let second: ClosedRange<UInt8>
        switch octets[index] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard end - index >= length, second.contains(octets[index + 1]) else { return 0 }
        for tail in 2..<max(length, 2) where !(0x80...0xBF).contains(octets[index + tail]) { return 0 }
        return length
    }
}
