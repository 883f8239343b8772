// SPDX-License-Identifier: Apache-2.0

/// Posts reports to https destinations (RFC 8460 section 5.4).
///
/// A transport makes one POST by TLS, follows no redirect, reads no proxy from the environment, holds no more of the
/// answer than its head and ends by the deadline whatever the server does. What the status means is judged by the
/// caller.
public protocol HTTPReportTransport: Sendable {
    /// The status of the server's answer.
    ///
    /// - Throws: ``ReportTransportFailure``; any other error counts as ``ReportTransportFailure/temporary(reason:)``;
    ///   `CancellationError` when the task was cancelled.
    func post(_ post: ReportPost) async throws -> Int
}

/// A report on its way to an https destination.
public struct ReportPost: Hashable, Sendable {
    /// The destination, as in the `_smtp._tls` record.
    public let url: String

    /// `application/tlsrpt+gzip` or `application/tlsrpt+json`, the header field Content-Type. There is no
    /// Content-Encoding: the media type itself says that it is compressed.
    public let mediaType: String

    /// The report, by its media type.
    public let body: [UInt8]

    /// How long the whole exchange may take.
    public let deadline: Duration

    /// A report for an https destination.
    public init(url: String, mediaType: String, body: [UInt8], deadline: Duration = .seconds(60)) {
        self.url = url
        self.mediaType = mediaType
        self.body = body
        self.deadline = deadline
    }
}

/// Hands reports for mailto destinations to a mail server (RFC 8460 section 5.3).
///
/// The server signs the message by DKIM (section 3) unless it is signed already. It must deliver the message whatever
/// fails of the recipient's TLS, be it by an enforcing MTA-STS policy or by DANE (section 3): a mail server that uses
/// this library decides with `DecisionOptions.tlsRequiredNo`, and any other one is told by the header field
/// `TLS-Required: No` that the message bears (RFC 8689). The session that carries it should not be counted for the
/// next report, or two domains would report to each other for ever (section 3): begin its walk by
/// `counter.walk(resolution, carriesTLSReport: true)`.
public protocol MailReportTransport: Sendable {
    /// Returns once the server has taken responsibility for the message.
    ///
    /// - Throws: ``ReportTransportFailure``; any other error counts as ``ReportTransportFailure/temporary(reason:)``;
    ///   `CancellationError` when the task was cancelled.
    func send(_ mail: ReportMail) async throws
}

/// A report on its way to a mailto destination.
public struct ReportMail: Hashable, Sendable {
    /// The envelope's sender.
    public let sender: String

    /// The envelope's recipient.
    public let recipient: String

    /// The message, lines ended by CR LF; all of it is ASCII, no line longer than 998 octets.
    public let message: [UInt8]

    /// A message for a recipient.
    public init(sender: String, recipient: String, message: [UInt8]) {
        self.sender = sender
        self.recipient = recipient
        self.message = message
    }
}

/// Why a report was not taken.
public enum ReportTransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another attempt may succeed.
    case temporary(reason: String)
    /// No attempt with this report will succeed.
    case permanent(reason: String)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .temporary(let reason): reason
        case .permanent(let reason): "\(reason); not to be tried again"
        }
    }
}
