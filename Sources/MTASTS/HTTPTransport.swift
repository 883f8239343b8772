// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Fetches a policy file over HTTPS.
///
/// A transport makes one GET of ``PolicyRequest/url`` by TLS 1.2 or later, with the policy host as SNI name, and
/// verifies the certificate's chain, dates and DNS-ID (RFC 8461 section 3.3; never the common name). It follows no
/// redirect, keeps no HTTP cache, sends no cookie, asks for no content coding, reads no proxy from the environment,
/// holds no more than the body limit and ends by the deadline whatever the server does. What it returns is complete;
/// the resolver judges status, media type and content. The suite `HTTPTransportSuite` of MTASTSTesting tests these
/// promises against servers that misbehave.
public protocol HTTPTransport: Sendable {
    /// The server's answer.
    ///
    /// - Throws: ``HTTPFailure``; any other error counts as ``HTTPFailure/connection(reason:)``; `CancellationError`
    ///   when the task was cancelled.
    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse
}

/// A request for the policy file of one policy host.
public struct PolicyRequest: Hashable, Sendable {
    /// The body limit that RFC 8461 section 3.3 suggests: 64 KiB.
    public static let defaultBodyLimit = 65_536

    /// The time limit that RFC 8461 section 3.3 suggests: one minute.
    public static let defaultDeadline = Duration.seconds(60)

    /// The policy host: `mta-sts.` and the policy domain.
    public let host: DomainName

    /// How long the whole exchange may take, from address look-up to the body's last octet.
    public let deadline: Duration

    /// The most octets that a body may have; a longer one is a failure, never cut.
    public let bodyLimit: Int

    /// A request to a policy host.
    public init(
        host: DomainName,
        deadline: Duration = Self.defaultDeadline,
        bodyLimit: Int = Self.defaultBodyLimit
    ) {
        self.host = host
        self.deadline = deadline
        self.bodyLimit = bodyLimit
    }

    /// The URL to get (RFC 8461 section 3.2).
    public var url: String { "https://\(host)\(Self.path)" }

    /// The path of every policy file (RFC 8461 section 3.2).
    public static let path = "/.well-known/mta-sts.txt"
}

/// A complete answer to a policy request.
public struct HTTPResponse: Hashable, Sendable {
    /// The status code.
    public let status: Int

    /// The value of the header field Content-Type as it came, nil if there is none; several joined by ", ".
    public let contentType: String?

    /// The value of the header field Content-Encoding as it came, nil if there is none.
    public let contentEncoding: String?

    /// The complete body.
    public let body: [UInt8]

    /// An answer.
    public init(status: Int, contentType: String?, contentEncoding: String? = nil, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.body = body
    }
}

/// Why there is no complete answer.
public enum HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The certificate is not valid for the policy host: chain, dates or name. The reason is a short text for reports,
    /// such as `CertificateStatus.reasonCode`.
    case certificate(reason: String)
    /// No address, no connection, no TLS session, or no HTTP answer.
    case connection(reason: String)
    /// The header or the body is longer than allowed.
    case tooLarge(limit: Int)
    /// The connection ended before the body did.
    case incomplete(reason: String)
    /// The whole exchange took longer than allowed.
    case deadline(Duration)
    /// Our own limit of connections is reached; nothing was asked.
    case overloaded(reason: String)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .certificate(let reason):
            "certificate of the policy host: \(CertificateStatus.words(for: reason).map { "\($0) (\(reason))" } ?? reason)"
        case .connection(let reason): "connection to the policy host: \(reason)"
        case .tooLarge(let limit): "the answer is longer than \(limit) octets"
        case .incomplete(let reason): "the answer is incomplete: \(reason)"
        case .deadline(let duration): "no complete answer within \(duration)"
        case .overloaded(let reason): "not asked: \(reason)"
        }
    }
}
