// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 address.
public struct IPAddress: Hashable, Sendable {
    /// The octets: 4 or 16, in network order.
    public let octets: [UInt8]

    /// An address by its 4 or 16 octets in network order; nil for any other number of them.
    public init?(octets: [UInt8]) {
        switch octets.count {
        case 4:
            self.octets = octets
        case 16:
            let isMapped = octets[0..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
            self.octets = isMapped ? Array(octets[12...]) : octets
        default:
            return nil
        }
    }

    /// Reads an address: four decimal octets without leading zeros, or the text form of RFC 4291 section 2.2 with
    /// no zone and no brackets.
    public init?(_ text: String) {
        let octets = text.utf8.contains(0x3A) ? Self.ipv6(text) : Self.ipv4(text[...])
        guard let octets else { return nil }
        self.init(octets: octets)
    }

    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let parts = text.utf8.split(separator: 0x2E, maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30 else { return nil }
            var value = 0
            for digit in part {
                guard (0x30...0x39).contains(digit) else { return nil }
                value = value * 10 + Int(digit - 0x30)
            }
            guard let octet = UInt8(exactly: value) else { return nil }
            octets.append(octet)
        }
        return octets
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        let gap = text.firstRange(ofDoubleColonIn: text)
        guard let gap else {
            guard let groups = ipv6Groups(text[...]), groups.count == 16 else { return nil }
            return groups
        }
        let head = text[..<gap]
        let tail = text[text.utf8.index(gap, offsetBy: 2)...]
        guard let first = head.isEmpty ? [] : ipv6Groups(head, mayEndInIPv4: false),
            let last = tail.isEmpty ? [] : ipv6Groups(tail),
            first.count + last.count <= 14
        else { return nil }
        return first + [UInt8](repeating: 0, count: 16 - first.count - last.count) + last
    }

    private static func ipv6Groups(_ text: Substring, mayEndInIPv4: Bool = true) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var octets: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.utf8.contains(0x2E) {
                guard let ending = ipv4(part) else { return nil }
                octets += ending
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                octets += [UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return octets
    }
}

extension String {
    fileprivate func firstRange(ofDoubleColonIn text: String) -> String.Index? {
        var previous: UInt8 = 0
        for index in text.utf8.indices {
            let octet = text.utf8[index]
            if octet == 0x3A, previous == 0x3A { return text.utf8.index(before: index) }
            previous = octet
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20)
    }
}

extension IPAddress {
    /// Reads an address that may stand in brackets and after the tag of IPv6, as an address literal does (RFC 5321 section
    /// 4.1.3).
    package init?(literal text: String) {
        let content = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        self.init(String(content.lowercased().hasPrefix("ipv6:") ? content.dropFirst(5) : content))
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as text; IPv6 in the canonical form of RFC 5952.
    public var description: String {
        if octets.count == 4 { return octets.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
        let gap = Self.longestRunOfZeros(groups)
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard gap.count >= 2 else { return text(groups[...]) }
        return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
    }

    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start > longest.count { longest = start..<end }
            start = max(end, start + 1)
        }
        return longest
    }
}

extension IPAddress {
    /// Whether the address belongs to a public host: false for all that the IANA registries of special-purpose
    /// addresses (RFC 6890) do not call globally reachable, among them loopback, private and link-local addresses,
    /// the metadata addresses of clouds, and IPv6 forms that carry such an IPv4 address.
    public var isPublic: Bool {
        octets.count == 4 ? Self.isPublicIPv4(octets[0], octets[1], octets[2], octets[3]) : isPublicIPv6
    }

    private static func isPublicIPv4(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) -> Bool {
        switch (first, second, third) {
        case (0, _, _), (10, _, _), (127, _, _): false
        case (100, 64...127, _): false  // shared address space, RFC 6598
        case (169, 254, _): false  // link-local and metadata services
        case (172, 16...31, _), (192, 168, _): false
        case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113): false
        case (192, 88, 99): false  // 6to4 relay, RFC 7526
        case (198, 18...19, _): false  // benchmarks, RFC 2544
        case (224..., _, _): false  // multicast, reserved, broadcast
        default: true
        }
    }

    private var isPublicIPv6: Bool {
        let prefix = UInt32(octets[0]) << 24 | UInt32(octets[1]) << 16 | UInt32(octets[2]) << 8 | UInt32(octets[3])
        if prefix == 0x0064_FF9B, octets[4..<12].allSatisfy({ $0 == 0 }) {  // NAT64, RFC 6052
            return Self.isPublicIPv4(octets[12], octets[13], octets[14], octets[15])
        }
        if octets[0] == 0x20, octets[1] == 0x02 {  // 6to4, RFC 3056
            return Self.isPublicIPv4(octets[2], octets[3], octets[4], octets[5])
        }
        guard octets[0] & 0xE0 == 0x20 else { return false }  // global unicast is 2000::/3
        if prefix == 0x2001_0DB8 { return false }  // documentation, RFC 3849
        if octets[0] == 0x3F, octets[1] == 0xFF, octets[2] & 0xF0 == 0 { return false }  // documentation, RFC 9637
        return prefix & 0xFFFF_FE00 != 0x2001_0000  // protocol assignments 2001::/23, Teredo among them
    }
}
