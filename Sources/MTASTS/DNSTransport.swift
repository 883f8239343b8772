// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Asks DNS for TXT records.
///
/// A transport follows CNAME chains (RFC 8461 section 3.1), retries over TCP when an answer is truncated, ends by
/// itself within seconds whatever the network does, and stops early when its task is cancelled. "There is no record"
/// is an answer; "could not find out" is thrown, as ``DNSFailure`` or any other error. The suite
/// `DNSTransportSuite` of MTASTSTesting tests these promises.
public protocol DNSTransport: Sendable {
    /// The TXT records at a name.
    ///
    /// - Throws: ``DNSFailure``, or any error, for a temporary failure; `CancellationError` when cancelled.
    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord>
}

/// One TXT resource record: its character-strings, in order (RFC 1035 section 3.3.14).
public struct TXTRecord: Hashable, Sendable {
    /// The character-strings, each of 0 to 255 octets.
    public let strings: [[UInt8]]

    /// A record of several character-strings.
    public init(strings: [[UInt8]]) { self.strings = strings }

    /// A record of one character-string, as zone files and tests write most of them.
    public init(_ text: String) { self.strings = [Array(text.utf8)] }
}

/// A definite answer of DNS.
public struct DNSAnswer<Record: Sendable>: Sendable {
    /// What the answer says.
    public enum Content: Sendable {
        /// One or more records.
        case records([Record])
        /// The name does not exist (NXDOMAIN).
        case noSuchName
        /// The name exists, without records of this type (NODATA).
        case noData
    }

    /// What the answer says.
    public let content: Content

    /// How long the answer may be kept: the smallest TTL of the chain, or the negative TTL of RFC 2308 section 5; nil
    /// if the transport cannot tell.
    public let timeToLive: Duration?

    /// Whether the resolver says that it validated the answer (the AD bit, RFC 4035 section 3.2.3).
    public let isAuthenticated: Bool

    /// An answer.
    public init(_ content: Content, timeToLive: Duration? = nil, isAuthenticated: Bool = false) {
        self.content = content
        self.timeToLive = timeToLive
        self.isAuthenticated = isAuthenticated
    }

    /// The records, empty if there are none.
    public var records: [Record] {
        if case .records(let records) = content { records } else { [] }
    }
}

/// A failure to get an answer from DNS. It says nothing about whether records exist.
public struct DNSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// The server answered SERVFAIL, which a validating resolver also does for bogus data.
        case serverFailure
        /// The server answered another error, such as REFUSED.
        case refused
        /// No answer came in time.
        case timeout
        /// No server could be reached.
        case unreachable
        /// The answer could not be read.
        case malformedAnswer
        /// A chain of CNAME records is a loop or too long.
        case aliasLoop
        /// Too many queries are waiting; this one was not sent.
        case overloaded
    }

    /// What went wrong.
    public let code: Code

    /// More for people, such as the server asked.
    public let detail: String

    /// A failure.
    public init(_ code: Code, detail: String = "") {
        self.code = code
        self.detail = detail
    }

    /// A sentence for people.
    public var description: String {
        let text =
            switch code {
            case .serverFailure: "DNS server failure (SERVFAIL)"
            case .refused: "the DNS server refused the query"
            case .timeout: "DNS time-out"
            case .unreachable: "no DNS server could be reached"
            case .malformedAnswer: "the DNS answer could not be read"
            case .aliasLoop: "the chain of CNAME records is a loop or too long"
            case .overloaded: "too many DNS queries are waiting"
            }
        return detail.isEmpty ? text : "\(text): \(detail)"
    }
}
