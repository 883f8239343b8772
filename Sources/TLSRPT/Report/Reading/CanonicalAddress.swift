// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension Span<UInt8> {
    /// Whether the text is an IP address in the form that `IPAddress` writes it in, told without allocating: almost all
    /// addresses of a report are.
    var isCanonicalAddress: Bool {
        guard (2...39).contains(count) else { return false }
        return index(of: 0x3A, from: 0, to: count) == count ? isIPv4 : isCanonicalIPv6
    }

    /// `IPv4address` (RFC 8460 section 4.4)
    private var isIPv4: Bool {
        var at = 0
        for part in 0..<4 {
            let start = at
            var value = 0
            while at < count, at &- start < 3, self[at].isASCIIDigit {
                value = value &* 10 &+ Int(self[at] &- 0x30)
                at &+= 1
            }
            guard at > start, value < 256, at == start + 1 || self[start] != 0x30 else { return false }
            guard part < 3 else { break }
            guard at < count, self[at] == 0x2E else { return false }
            at &+= 1
        }
        return at == count
    }

    /// RFC 5952 section 4, for an address that is not IPv4-mapped.
    private var isCanonicalIPv6: Bool {
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var filled = 0
        var gap: Int?
        var at = 0
        if self[0] == 0x3A {
            guard self[1] == 0x3A else { return false }
            gap = 0
            at = 2
        }
        while at < count {
            guard filled < 8, let group = lowerCaseGroup(&at) else { return false }
            groups[filled] = group
            filled &+= 1
            guard at < count else { break }
            guard self[at] == 0x3A, at &+ 1 < count else { return false }
            at &+= 1
            if self[at] == 0x3A {
                guard gap == nil else { return false }
                gap = filled
                at &+= 1
            }
        }
        return Self.isCanonical(groups, filled: filled, gap: gap)
    }

    /// One to four hexadecimal digits in lower case without leading zeros.
    private func lowerCaseGroup(_ at: inout Int) -> UInt16? {
        let start = at
        var value: UInt16 = 0
        while at < count, at &- start < 4 {
            let octet = self[at]
            let letter = octet &- 0x61
            guard octet.isASCIIDigit || letter < 6 else { break }
            value = value << 4 | UInt16(octet.isASCIIDigit ? octet &- 0x30 : letter &+ 10)
            at &+= 1
        }
        guard at > start, at == start + 1 || self[start] != 0x30 else { return nil }
        return value
    }

    /// Whether the gap, which stands before the group of its index, is the first of the longest runs of zeros.
    private static func isCanonical(_ written: InlineArray<8, UInt16>, filled: Int, gap: Int?) -> Bool {
        var groups = written
        let zeros = 8 - filled
        if let gap {
            guard zeros >= 2 else { return false }
            for index in stride(from: 7, through: gap, by: -1) {
                groups[index] = index >= gap + zeros ? written[index - zeros] : 0
            }
        } else {
            guard zeros == 0 else { return false }
        }
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        let isMapped = groups[5] == 0xFFFF && longest.lowerBound == 0 && longest.count == 5
        guard !isMapped else { return false }
        return longest.count < 2 ? gap == nil : gap == longest.lowerBound && zeros == longest.count
    }
}
