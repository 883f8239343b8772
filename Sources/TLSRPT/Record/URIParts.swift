// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Where the parts of a URI are (RFC 3986 section 3), if it is one that may stand in a record.
struct URIParts {
    /// What stands after `//` (section 3.2).
    struct Authority {
        var userInformation: Range<Int>?
        /// An address in brackets, or a name, which may be empty.
        var host: Range<Int>
        /// Digits, or nothing.
        var port: Range<Int>
    }

    let scheme: Range<Int>
    let authority: Authority?
    let path: Range<Int>
    /// The index of the `#`, or the URI's end.
    let fragment: Int

    /// The parts of `start..<end`, or nil if that is no URI.
    init?(_ octets: Span<UInt8>, from start: Int, to end: Int) {
        let colon = octets.index(of: 0x3A, from: start, to: end)
        guard colon < end, octets.isScheme(from: start, to: colon) else { return nil }
        scheme = start..<colon
        var index = colon + 1
        if octets.hasPrefix("//", at: index, to: end) {
            guard let read = Self.authority(octets, from: index + 2, to: end) else { return nil }
            authority = read
            index = read.port.upperBound
            // A path after an authority is empty or begins with a slash.
            guard index == end || octets[index] == 0x2F || octets[index] == 0x3F || octets[index] == 0x23 else {
                return nil
            }
        } else {
            authority = nil
        }
        let pathStart = index
        index = octets.indexAfter(.path, from: index, to: end)
        path = pathStart..<index
        if index < end, octets[index] == 0x3F { index = octets.indexAfter(.query, from: index + 1, to: end) }
        fragment = index
        if index < end, octets[index] == 0x23 { index = octets.indexAfter(.query, from: index + 1, to: end) }
        guard index == end else { return nil }
    }

    private static func authority(_ octets: Span<UInt8>, from start: Int, to end: Int) -> Authority? {
        var hostStart = start
        var userInformation: Range<Int>?
        let userEnd = octets.indexAfter(.userInformation, from: start, to: end)
        if userEnd < end, octets[userEnd] == 0x40 {
            userInformation = start..<userEnd
            hostStart = userEnd + 1
        }
        var hostEnd = hostStart
        if hostStart < end, octets[hostStart] == 0x5B {
            hostEnd = octets.indexAfter(.address, from: hostStart + 1, to: end)
            guard hostEnd < end, octets[hostEnd] == 0x5D, octets.isAddress(from: hostStart + 1, to: hostEnd) else {
                return nil
            }
            hostEnd += 1
        } else {
            hostEnd = octets.indexAfter(.name, from: hostStart, to: end)
        }
        var port = hostEnd..<hostEnd
        if hostEnd < end, octets[hostEnd] == 0x3A {
            var index = hostEnd + 1
            while index < end, octets[index].isASCIIDigit { index += 1 }
            port = (hostEnd + 1)..<index
        }
        return Authority(userInformation: userInformation, host: hostStart..<hostEnd, port: port)
    }
}

/// The parts of a URI by the octets that they may hold (RFC 3986 sections 3.2 to 3.5).
private enum URIPart {
    case userInformation
    case address
    case name
    case path
    case query

    /// Whether the part may hold an octet as it is; `,`, `!` and `;` are always encoded (RFC 8460 section 3).
    func allows(_ octet: UInt8) -> Bool {
        switch octet {
        case _ where octet.isASCIIAlphanumeric: true
        case 0x2D, 0x2E, 0x5F, 0x7E: true  // - . _ ~
        case 0x24, 0x26...0x2B, 0x3D: true  // $ & ' ( ) * + =
        case 0x3A: self != .name
        case 0x40, 0x2F: self == .path || self == .query
        case 0x3F: self == .query
        default: false
        }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit of either case, nil if it is none.
    var hexadecimalValue: UInt8? {
        if isASCIIDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension Span<UInt8> {
    /// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 section 3.1).
    fileprivate func isScheme(from start: Int, to end: Int) -> Bool {
        guard start < end, self[start].isASCIIAlphanumeric, !self[start].isASCIIDigit else { return false }
        for index in start..<end {
            let octet = self[index]
            guard octet.isASCIIAlphanumeric || octet == 0x2B || octet == 0x2D || octet == 0x2E else { return false }
        }
        return true
    }

    /// Whether the octets, all of them of a ``URIPart/address``, are an IPv6 address or, for kinds not known yet,
    /// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )` (RFC 3986 section 3.2.2).
    fileprivate func isAddress(from start: Int, to end: Int) -> Bool {
        guard start < end else { return false }
        guard self[start] | 0x20 == 0x76 else {
            // An IPv4 address stands without brackets.
            return index(of: 0x3A, from: start, to: end) < end && IPAddress(text(from: start, to: end)) != nil
        }
        let dot = index(of: 0x2E, from: start, to: end)
        guard dot > start + 1, dot + 1 < end else { return false }
        for index in start + 1..<dot where self[index].hexadecimalValue == nil { return false }
        return true
    }

    /// The first index at or after `start` that is not of `part`, or `end`.
    fileprivate func indexAfter(_ part: URIPart, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            if part.allows(self[index]) {
                index += 1
            } else if part != .address, percentEncoded(at: index, to: end) != nil {
                index += 3
            } else {
                break
            }
        }
        return index
    }

    /// The octet that three octets encode (RFC 3986 section 2.1), nil if they do not.
    private func percentEncoded(at index: Int, to end: Int) -> UInt8? {
        guard self[index] == 0x25, end - index >= 3, let high = self[index + 1].hexadecimalValue,
            let low = self[index + 2].hexadecimalValue
        else { return nil }
        return high << 4 | low
    }

    /// The octets of `range` with percent-encoded ones decoded, once.
    func percentDecoded(_ range: Range<Int>) -> [UInt8] {
        var octets: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if let octet = percentEncoded(at: index, to: range.upperBound) {
                octets.append(octet)
                index += 3
            } else {
                octets.append(self[index])
                index += 1
            }
        }
        return octets
    }
}
