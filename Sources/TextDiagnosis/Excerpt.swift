// SPDX-License-Identifier: Apache-2.0

/// A number in hexadecimal, upper-case, with at least so many digits.
package func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

/// A piece of a remote text as it may stand in a message: short, and without anything that could act on a terminal.
///
/// ASCII is kept; other letters, marks and numbers too; all else becomes its number, as in `<U+202E>`. At most 48 octets are shown.
package func excerpt(_ octets: ArraySlice<UInt8>) -> String {
    let limit = 48
    var shown = octets.prefix(limit)
    // Do not cut a character in two.
    if octets.count > limit {
        while let last = shown.last, last & 0xC0 == 0x80 { shown.removeLast() }
        if let last = shown.last, last >= 0xC0 { shown.removeLast() }
    }
    var text = ""
    for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
        if scalar.isASCII ? (0x20...0x7E).contains(scalar.value) : scalar.isWord {
            text.unicodeScalars.append(scalar)
        } else {
            text += "<U+" + hexadecimal(scalar.value, digits: 4) + ">"
        }
    }
    return octets.count > limit ? text + "..." : text
}

extension Unicode.Scalar {
    fileprivate var isWord: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber:
            true
        default:
            false
        }
    }
}
