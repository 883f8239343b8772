// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A "contact-info", which is an addr-spec (RFC 8460 section 4.4), or holds one besides something else.
struct ContactInfo {
    /// The addr-spec, or the whole text if there is none.
    let address: String
    let deviation: TLSReport.Deviation.Kind?

    init(_ text: String) {
        let octets = Array(text.utf8)
        // Blanks around an addr-spec belong to it (RFC 5322 section 3.4.1, CFWS).
        let trimmed = octets.trimmingBlanks
        if trimmed.isAddressSpecification {
            (address, deviation) = (String(decoding: trimmed, as: UTF8.self), nil)
        } else if let inner = Self.afterMailto(trimmed) {
            (address, deviation) = (inner, .contactWithMailto)
        } else if let inner = Self.inAngleBrackets(trimmed) {
            (address, deviation) = (inner, .contactWithName)
        } else {
            (address, deviation) = (text, .contactNotAddress)
        }
    }

    /// What follows `mailto:` (RFC 6068), if it is an addr-spec as it stands: nothing encoded, no header fields.
    private static func afterMailto(_ octets: ArraySlice<UInt8>) -> String? {
        let scheme = "mailto:".utf8
        guard octets.prefix(scheme.count).elementsEqual(scheme, by: { $0.asciiLowercased == $1 }) else { return nil }
        let rest = octets.dropFirst(scheme.count)
        guard rest.isAddressSpecification, !rest.contains(0x25), !rest.contains(0x3F) else { return nil }
        return String(decoding: rest, as: UTF8.self)
    }

    /// What the brackets of `[display-name] "<" addr-spec ">"` hold (RFC 5322 section 3.4).
    private static func inAngleBrackets(_ octets: ArraySlice<UInt8>) -> String? {
        guard octets.last == 0x3E, let start = octets.lastIndex(of: 0x3C) else { return nil }
        let inner = octets[(start + 1)...].dropLast()
        return inner.isAddressSpecification ? String(decoding: inner, as: UTF8.self) : nil
    }
}

extension Array<UInt8> {
    fileprivate var trimmingBlanks: ArraySlice<UInt8> {
        var slice = self[...]
        while let first = slice.first, first.isBlank { slice.removeFirst() }
        while let last = slice.last, last.isBlank { slice.removeLast() }
        return slice
    }
}

extension ArraySlice<UInt8> {
    /// `addr-spec = local-part "@" domain` (RFC 5322 section 3.4.1) without comments, blanks and the obsolete forms.
    var isAddressSpecification: Bool {
        // A domain holds no at sign, unless it is in brackets.
        let at: Int?
        if last == 0x5D, let bracket = lastIndex(of: 0x5B), bracket > startIndex {
            at = bracket - 1
        } else {
            at = lastIndex(of: 0x40)
        }
        guard let at, self[at] == 0x40 else { return false }
        let domain = self[(at + 1)...]
        let local = self[..<at]
        return (local.isDotAtom() || local.isQuotedString) && (domain.isDotAtom() || domain.isDomainLiteral)
    }

    /// `quoted-string = DQUOTE *(qtext / quoted-pair / WSP) DQUOTE` (RFC 5322 section 3.2.4)
    private var isQuotedString: Bool {
        guard count >= 2, first == 0x22, last == 0x22 else { return false }
        var isEscaped = false
        for octet in dropFirst().dropLast() {
            guard octet.isBlank || (0x21...0x7E).contains(octet) else { return false }
            if isEscaped {
                isEscaped = false
            } else if octet == 0x22 {
                return false
            } else {
                isEscaped = octet == 0x5C
            }
        }
        return !isEscaped
    }

    /// `domain-literal = "[" *dtext "]"` (RFC 5322 section 3.4.1)
    private var isDomainLiteral: Bool {
        guard count >= 2, first == 0x5B, last == 0x5D else { return false }
        return dropFirst().dropLast().allSatisfy { (0x21...0x5A).contains($0) || (0x5E...0x7E).contains($0) }
    }
}

extension Span<UInt8> {
    /// `URI = scheme ":" hier-part [ "?" query ] [ "#" fragment ]` by its characters (RFC 3986 section 2 and appendix A):
    /// what a host or a port is made of is not looked at.
    var isURI: Bool {
        let colon = index(of: 0x3A, from: 0, to: count)
        guard colon > 0, colon < count, self[0].isASCIIAlphanumeric, !self[0].isASCIIDigit else { return false }
        for index in 1..<colon {
            let octet = self[index]
            guard octet.isASCIIAlphanumeric || octet == 0x2B || octet == 0x2D || octet == 0x2E else { return false }
        }
        // Brackets stand around an address in the authority alone.
        var mayHoldBrackets = hasPrefix("//", at: colon + 1, to: count)
        var hasFragment = false
        var index = colon + (mayHoldBrackets ? 3 : 1)
        while index < count {
            switch self[index] {
            case 0x25:
                guard isPercentEncoded(at: index) else { return false }
                index += 2
            case 0x5B, 0x5D: guard mayHoldBrackets else { return false }
            case 0x2F, 0x3F: mayHoldBrackets = false
            case 0x23:
                guard !hasFragment else { return false }
                (hasFragment, mayHoldBrackets) = (true, false)
            case let octet: guard octet.isPlainInURI else { return false }
            }
            index += 1
        }
        return true
    }

    private func isPercentEncoded(at index: Int) -> Bool {
        guard count - index >= 3 else { return false }
        return self[index + 1].hexadecimalValue != nil && self[index + 2].hexadecimalValue != nil
    }
}

extension UInt8 {
    /// `unreserved / sub-delims / ":" / "@"` (RFC 3986 section 3.3)
    fileprivate var isPlainInURI: Bool {
        switch self {
        case _ where isASCIIAlphanumeric: true
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D, 0x3A, 0x40: true
        default: false
        }
    }
}
