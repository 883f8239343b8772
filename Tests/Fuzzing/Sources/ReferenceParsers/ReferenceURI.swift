// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A URI of RFC 3986 in which `,`, `!` and `;` appear percent-encoded only (RFC 8460 section 3).
public struct ReferenceURI: Hashable, Sendable {
    /// The URI.
    public let text: [UInt8]
    /// The scheme in lower case.
    public let scheme: [UInt8]
    /// The path.
    public let path: [UInt8]
    /// What stands between `//` and the path; nil if there is no `//`.
    public let authority: [UInt8]?

    /// Reads a URI, or gives nil.
    public init?(_ text: [UInt8]) {
        guard let (scheme, rest) = cut(text, at: 0x3A), let first = scheme.first, letters.contains(first),
            scheme.allSatisfy(alphanumerics.union(octets("+-.")).contains)
        else { return nil }
        let (beforeFragment, fragment) = cut(rest, at: 0x23) ?? (rest, [])
        let (hierarchy, query) = cut(beforeFragment, at: 0x3F) ?? (beforeFragment, [])
        guard Self.consists(fragment, of: "/?:@"), Self.consists(query, of: "/?:@") else { return nil }
        if hierarchy.starts(with: octets("//")) {
            let after = Array(hierarchy.dropFirst(2))
            let end = after.firstIndex(of: 0x2F) ?? after.count
            authority = Array(after[..<end])
            path = Array(after[end...])
            guard Self.isAuthority(Array(after[..<end])) else { return nil }
        } else {
            authority = nil
            path = hierarchy
        }
        guard Self.consists(path, of: "/:@") else { return nil }
        self.text = text
        self.scheme = scheme.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
    }

    /// Whether a text is of unreserved octets, sub-delimiters, percent-encoded ones, and those of `more`.
    private static func consists(_ text: Text, of more: String) -> Bool {
        let plain = alphanumerics.union(octets("-._~$&'()*+=" + more))
        var rest = text[...]
        while let octet = rest.first {
            if octet == 0x25 {
                guard rest.count >= 3, rest.dropFirst().prefix(2).allSatisfy(hexDigits.contains) else { return false }
                rest = rest.dropFirst(3)
            } else {
                guard plain.contains(octet) else { return false }
                rest = rest.dropFirst()
            }
        }
        return true
    }

    private static func isAuthority(_ text: Text) -> Bool {
        var rest = text
        if let (user, after) = cut(text, at: 0x40) {
            guard consists(user, of: ":") else { return false }
            rest = after
        }
        if rest.first == 0x5B {
            guard let (address, after) = cut(Array(rest.dropFirst()), at: 0x5D) else { return false }
            let isPort = after.isEmpty || after.first == 0x3A && after.dropFirst().allSatisfy(digits.contains)
            return isPort && (isIPv6(address) || isFutureAddress(address))
        }
        let (host, port) = cut(rest, at: 0x3A) ?? (rest, [])
        return consists(host, of: "") && port.allSatisfy(digits.contains)
    }

    private static func isIPv6(_ text: Text) -> Bool {
        guard !text.contains(0) else { return false }
        var address = in6_addr()
        return String(decoding: text, as: UTF8.self).withCString { inet_pton(AF_INET6, $0, &address) } == 1
    }

    /// IPvFuture := 'v' hexdigit{1,} '.' ( unreserved | sub-delim | ':' ){1,}
    private static func isFutureAddress(_ text: Text) -> Bool {
        guard text.first == 0x76 || text.first == 0x56, let (version, rest) = cut(Array(text.dropFirst()), at: 0x2E)
        else { return false }
        return !version.isEmpty && version.allSatisfy(hexDigits.contains) && !rest.isEmpty && !rest.contains(0x25)
            && consists(rest, of: ":")
    }
}
