// SPDX-License-Identifier: Apache-2.0

/// What a session was doing.
public enum SMTPStage: String, Hashable, Sendable, CustomStringConvertible {
    /// The TCP connection.
    case connect = "connecting"
    /// The wait for the server's greeting.
    case greeting
    /// EHLO, or HELO where the server does not know EHLO.
    case hello = "EHLO"
    /// The command STARTTLS.
    case startTLS = "STARTTLS"
    /// The TLS handshake.
    case handshake = "the TLS handshake"
    /// The command AUTH.
    case authentication = "AUTH"
    /// The command MAIL.
    case mail = "MAIL"
    /// The command RCPT.
    case recipient = "RCPT"
    /// The command DATA.
    case data = "DATA"
    /// The message, up to the reply that takes responsibility for it.
    case message = "the message"
    /// The command RSET.
    case reset = "RSET"
    /// The command QUIT.
    case quit = "QUIT"
    /// Between two commands.
    case idle = "waiting"

    /// A word for people.
    public var description: String { rawValue }
}

/// Why a session, or a mail, came to nothing.
public enum SMTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no connection.
    case connectionFailed(reason: String)
    /// The connection ended.
    case closed(SMTPStage)
    /// The server did not answer in time.
    case timedOut(SMTPStage)
    /// The server sent what is no SMTP, or more than a reply may hold.
    case malformedReply(SMTPStage, reason: String)
    /// The server refused a command.
    case refused(SMTPStage, SMTPReply)
    /// Octets came in clear after the reply to STARTTLS: somebody may have put them in (RFC 3207 section 4).
    case plaintextAfterStartTLS
    /// TLS is wanted and there is none, or the certificate is not right.
    case noTLS(reason: String)
    /// The server does not offer AUTH PLAIN, or the password would go in clear.
    case noAuthentication(reason: String)
    /// An address or a message that cannot be sent by SMTP.
    case invalid(reason: String)
    /// The task was cancelled.
    case cancelled

    /// Whether another attempt with the same mail is of no use.
    public var isPermanent: Bool {
        switch self {
        case .refused(_, let reply): reply.isPermanent
        case .invalid: true
        default: false
        }
    }

    /// A sentence for people, safe to print.
    public var description: String {
        switch self {
        case .connectionFailed(let reason): "no connection: \(PrintableText.of(reason))"
        case .closed(let stage): "the server closed the connection (\(stage))"
        case .timedOut(let stage): "the server did not answer in time (\(stage))"
        case .malformedReply(let stage, let reason): "no valid reply (\(stage)): \(PrintableText.of(reason))"
        case .refused(let stage, let reply): "the server answered \(reply) (\(stage))"
        case .plaintextAfterStartTLS: "octets in clear came after the reply to STARTTLS"
        case .noTLS(let reason): "no TLS: \(PrintableText.of(reason))"
        case .noAuthentication(let reason): "no authentication: \(PrintableText.of(reason))"
        case .invalid(let reason): "cannot be sent by SMTP: \(PrintableText.of(reason))"
        case .cancelled: "cancelled"
        }
    }
}
