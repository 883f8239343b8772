// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension UInt8 {
    /// `atext` (RFC 5322 section 3.2.3).
    var isAtomText: Bool {
        switch self {
        case _ where isASCIIAlphanumeric: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}

extension Collection<UInt8> {
    /// `dot-atom-text = 1*atext *("." 1*atext)` (RFC 5322 section 3.2.3).
    ///
    /// - Parameter beyondASCII: Whether characters beyond ASCII may stand in it, too (RFC 6531 section 3.3).
    func isDotAtom(beyondASCII: Bool = false) -> Bool {
        var isStart = true
        for octet in self {
            if octet == 0x2E {
                if isStart { return false }
                isStart = true
            } else {
                guard octet.isAtomText || beyondASCII && octet >= 0x80 else { return false }
                isStart = false
            }
        }
        return !isStart
    }
}

extension String {
    /// The text as a `quoted-string` (RFC 5322 section 3.2.4); it must hold no control characters.
    var quotedString: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
