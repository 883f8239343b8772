// SPDX-License-Identifier: Apache-2.0

/// Remote text as it may stand on a terminal: nothing of it can move the cursor, change colours or reorder the line.
enum SafeText {
    /// A text, each unsafe character as its number, as in `<U+202E>`; what is over the limit, in characters of the source, is cut.
    static func of(_ text: some StringProtocol, limit: Int = 256) -> String {
        var safe = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return safe + "..." }
            safe += piece(scalar)
            count += 1
        }
        return safe
    }

    /// Octets as text; those that are not UTF-8 become U+FFFD.
    static func of(_ octets: some Collection<UInt8>, limit: Int = 256) -> String {
        // Four octets are the longest character of UTF-8.
        of(String(decoding: octets.prefix(limit * 4 + 4), as: UTF8.self), limit: limit)
    }

    /// One character, escaped if it is unsafe.
    static func piece(_ scalar: Unicode.Scalar) -> String {
        isSafe(scalar) ? String(scalar) : "<U+\(hexadecimal(scalar.value, digits: 4))>"
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            return false
        default:
            return !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// A number in upper-case hexadecimal with at least so many digits.
    static func hexadecimal(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// How many columns of a terminal a character takes: 0 for combining marks, 2 for East Asian wide characters.
    static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }
}
