// SPDX-License-Identifier: Apache-2.0

/// An `mx` value.
public struct PatternVector: Vector {
    /// The kind of these lines.
    public static let kind = "pattern"
    /// The stable name.
    public let id: String
    /// The value.
    public let input: Octets
    /// What a sender makes of it.
    public let expect: Expectation
    /// What the strict reader makes of it, nil if the same.
    public let strict: Expectation?

    /// The values, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// The pattern without a final dot.
        public let pattern: String?
        /// Whether it begins with `*.`.
        public let wildcard: Bool?
        /// Whether it matches nothing since it looks like an address.
        public let inert: Bool?
        /// The fault.
        public let error: ExpectedError?
    }
}

/// Whether something matches.
public struct MatchExpectation: Decodable, Sendable {
    /// The answer.
    public let match: Bool
}

/// A pattern and an MX host.
public struct MatchVector: Vector {
    /// The kind of these lines.
    public static let kind = "match"
    /// The stable name.
    public let id: String
    /// The pattern; one outside the grammar matches nothing.
    public let pattern: String
    /// The host; what is no host name is matched by nothing.
    public let host: String
    /// The answer.
    public let expect: MatchExpectation
    /// The answer if the pattern is read strictly, nil if the same.
    public let strict: MatchExpectation?
}

/// The DNS-IDs of a certificate and a host.
public struct PresentedIdentifierVector: Vector {
    /// The kind of these lines.
    public static let kind = "presented-identifier"
    /// The stable name.
    public let id: String
    /// The reference identifier.
    public let host: String
    /// All dNSName values of the certificate.
    public let dnsIDs: [Octets]
    /// The answer.
    public let expect: MatchExpectation

    enum CodingKeys: String, CodingKey {
        case id, host, expect
        case dnsIDs = "dns_ids"
    }
}

/// A domain name.
public struct DomainNameVector: Vector {
    /// The kind of these lines.
    public static let kind = "domain-name"
    /// The stable name.
    public let id: String
    /// The name as given.
    public let input: Octets
    /// The canonical form, or the fault.
    public let expect: Expectation

    /// The canonical form, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// The canonical form.
        public let name: String?
        /// How many labels it has.
        public let labels: Int?
        /// The fault.
        public let error: ExpectedError?
    }
}
