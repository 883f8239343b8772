// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Where a message goes next, as far as the choice of the policy domain depends on it (RFC 8461 sections 1.1, 3.4).
public enum NextHop: Hashable, Sendable {
    /// The domain of the recipient, whose MX hosts are tried. Never a parent of it, never the target of a CNAME.
    case domain(DomainName)
    /// A relay configured by name. It, not the recipient's domain, is the policy domain (section 3.4).
    case smartHost(DomainName)
    /// A relay or recipient given as an IP address: it has no policy (section 3.4).
    case addressLiteral
    /// Local delivery, LMTP and the like: no policy.
    case local

    /// Reads the domain part of a mail address: a domain name, or an address literal such as `[192.0.2.1]` (RFC 5321
    /// section 4.1.3).
    ///
    /// - Throws: `DomainName.ParseError` if the text is neither. Convert U-labels with MTASTSFoundation before.
    public init(recipientDomain text: String) throws(DomainName.ParseError) {
        if IPAddress(literal: text) != nil || Self.isGeneralLiteral(text.utf8) {
            self = .addressLiteral
        } else {
            self = .domain(try DomainName(parsing: text))
        }
    }

    /// Whether a text is a "General-address-literal" in brackets: a tag, a colon, and octets that are not blank.
    private static func isGeneralLiteral(_ text: String.UTF8View) -> Bool {
        guard text.first == 0x5B, text.last == 0x5D, let colon = text.firstIndex(of: 0x3A) else { return false }
        let tag = text[..<colon].dropFirst()
        let content = text[colon...].dropFirst().dropLast()
        return tag.last?.isASCIIAlphanumeric == true && tag.allSatisfy { $0.isASCIIAlphanumeric || $0 == 0x2D }
            && String(tag)?.lowercased() != "ipv6" && !content.isEmpty
            && content.allSatisfy { (0x21...0x7E).contains($0) && !(0x5B...0x5D).contains($0) }
    }

    /// The name, whether or not it is a policy domain; nil if there is none.
    var name: DomainName? {
        switch self {
        case .domain(let name), .smartHost(let name): name
        case .addressLiteral, .local: nil
        }
    }

    /// The policy domain, nil if MTA-STS does not apply. A name of a single label has no policy.
    public var policyDomain: DomainName? { name.flatMap { $0.isSingleLabel ? nil : $0 } }
}

extension DomainName {
    /// The name of the TXT record of this policy domain (RFC 8461 section 3.1), nil if it would be too long for DNS.
    public var stsRecordName: DomainName? { prefixed(by: Self.stsRecordLabel) }

    /// Whether there is a ``stsRecordName``.
    var hasSTSRecordName: Bool { hasRoom(for: Self.stsRecordLabel) }

    private static var stsRecordLabel: StaticString { "_mta-sts" }

    /// The policy host of this policy domain (RFC 8461 section 3.2), nil if the name would be too long for DNS.
    public var policyHost: DomainName? { prefixed(by: "mta-sts") }
}
