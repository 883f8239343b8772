// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// The policy that a session is counted under: what tells the entries of a report apart (RFC 8460 section 4.4).
///
/// It holds the policy's octets as they came, in a buffer that copies share: making one for every session costs
/// nothing, lines and patterns are made for the report.
public struct SessionPolicy: Hashable, Sendable {
    /// Its kind.
    public let type: TLSPolicyType

    /// The policy domain; for DANE the TLSA base domain (RFC 7672 section 2.2.3).
    public let domain: DomainName

    /// The policy file as served, or TLSA records one a line; empty if there is nothing to show.
    public let text: [UInt8]

    /// Whether the text is that of a policy, and not of one that could not be read.
    public let isValid: Bool

    /// A policy of any kind.
    ///
    /// - Parameters:
    ///   - type: Its kind; a name of more than 255 octets is cut.
    ///   - domain: The policy domain; for DANE the TLSA base domain.
    ///   - text: The policy file as served, or TLSA records one a line; empty if there is nothing to show. Left out where
    ///     no policy was found.
    ///   - isValid: Whether the text is that of a policy. Of any other only the first 4 KiB are kept, in whole lines.
    public init(type: TLSPolicyType, domain: DomainName, text: [UInt8] = [], isValid: Bool = true) {
        let type = type.bounded
        self.type = type
        self.domain = domain
        // Where no policy was found a report must not show one (RFC 8460 section 4.4).
        let shown = type == .noPolicyFound ? [] : text
        self.text = Self.wholeLines(of: shown, limit: isValid ? Self.textLimit : Self.invalidTextLimit)
        self.isValid = isValid
    }

    /// The most octets kept of a text that is no policy.
    public static let invalidTextLimit = 4_096

    /// The most octets kept of any text: a policy file has no more (RFC 8461 section 3.3).
    public static let textLimit = 65_536

    private static func wholeLines(of text: [UInt8], limit: Int) -> [UInt8] {
        guard text.count > limit else { return text }
        let head = text[..<limit]
        return head.lastIndex(of: 0x0A).map { Array(head[...$0]) } ?? []
    }

    /// A DANE policy.
    ///
    /// - Parameters:
    ///   - baseDomain: The TLSA base domain: the MX host, or what its CNAME records lead to.
    ///   - records: The TLSA records as in `3 1 1 0123…` (RFC 8460 section 4.5). They are joined here: keep the value
    ///     as long as the records.
    public static func tlsa(baseDomain: DomainName, records: [String] = []) -> SessionPolicy {
        SessionPolicy(type: .tlsa, domain: baseDomain, text: Array(records.joined(separator: "\n").utf8))
    }

    /// Neither a DANE nor an MTA-STS policy.
    public static func noPolicyFound(_ domain: DomainName) -> SessionPolicy {
        SessionPolicy(type: .noPolicyFound, domain: domain)
    }
}

/// Who took part in a session, as far as it is known; a report tells it with a failure (RFC 8460 section 4.4).
public struct SessionPeer: Hashable, Sendable {
    /// The name of the MX host.
    public var mxHost: DomainName?

    /// The name in the MX host's greeting or EHLO reply. It comes from outside: it is cut, and control characters are
    /// taken out.
    public var helo: String?

    /// The MX host's address.
    public var receivingIP: IPAddress?

    /// The sender's own address, as the MX host saw it.
    public var sendingIP: IPAddress?

    /// A URI with more about the failure. What is no URI, or longer than ``SessionLimits/stringOctets``, is left out.
    public var additionalInformation: String?

    /// Who took part; nothing is known by default, as when a policy could not be fetched.
    public init(
        mxHost: DomainName? = nil,
        helo: String? = nil,
        receivingIP: IPAddress? = nil,
        sendingIP: IPAddress? = nil,
        additionalInformation: String? = nil
    ) {
        self.mxHost = mxHost
        self.helo = helo
        self.receivingIP = receivingIP
        self.sendingIP = sendingIP
        self.additionalInformation = additionalInformation
    }
}

/// The bounds of what is counted. Whatever is over one of them is counted with less detail, or without its domain, but
/// it is counted.
public struct SessionLimits: Hashable, Sendable {
    /// Domains, each day of each counted: 100,000 by default. Sessions with more go into ``SessionTally/overflow(on:)``.
    public var domains: Int

    /// Policies of a domain and day: 16 by default. Sessions under more go into one entry for each policy type.
    public var policies: Int

    /// Kinds of failure under a policy: 64 by default. More of them go into one for each result type, which names
    /// neither host nor address.
    public var details: Int

    /// Octets of a text from outside, such as a reason: 255 by default, at most 512.
    public var stringOctets: Int

    /// Octets of policy texts and MX patterns between two calls of ``SessionCounter/drain()``: 64 MiB by default. Policies with more are
    /// counted as those over ``policies``.
    public var policyOctets: Int

    /// Bounds; each is held to at least 1.
    public init(
        domains: Int = 100_000,
        policies: Int = 16,
        details: Int = 64,
        stringOctets: Int = 255,
        policyOctets: Int = 64 << 20
    ) {
        self.domains = max(1, domains)
        self.policies = max(1, policies)
        self.details = max(1, details)
        self.stringOctets = min(max(1, stringOctets), 512)
        self.policyOctets = max(1, policyOctets)
    }
}

/// Numbers of sessions. They stay at 2^53 - 1, the greatest number of a report (RFC 7493 section 2.2), rather than
/// overflow.
public struct SessionTotals: Hashable, Sendable {
    /// The greatest number.
    public static let maximum = 1 << 53 - 1

    /// Sessions that kept the policy.
    public private(set) var successful: Int

    /// Sessions that failed.
    public private(set) var failed: Int

    /// Numbers of sessions, held within 0 and ``maximum``.
    public init(successful: Int = 0, failed: Int = 0) {
        self.successful = min(max(0, successful), Self.maximum)
        self.failed = min(max(0, failed), Self.maximum)
    }

    /// All sessions.
    public var all: Int { min(successful + failed, Self.maximum) }

    /// Adds other numbers to these.
    public mutating func add(_ other: SessionTotals) {
        successful = Self.sum(successful, other.successful)
        failed = Self.sum(failed, other.failed)
    }

    /// The sum of two numbers from 0 to the greatest.
    static func sum(_ first: Int, _ second: Int) -> Int { min(first &+ second, maximum) }
}
