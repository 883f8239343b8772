// SPDX-License-Identifier: Apache-2.0

public import MTASTS
import SMTPClient

/// A mail to one recipient, as it waits in the queue of a mail server.
///
/// A mail to several recipients becomes one of these for each: their policy domains may differ, and each recipient may
/// be refused or put off by itself.
public struct QueuedMail: Hashable, Sendable {
    /// The envelope's sender, empty for a notice of non-delivery.
    public let sender: String

    /// The envelope's recipient.
    public let recipient: String

    /// The message, its lines ended by CR LF.
    public let message: [UInt8]

    /// When the mail came into the queue.
    public let arrivedAt: UnixTime

    /// The recipient's domain: where MX records are looked for, and the policy domain (RFC 8461 section 1.1).
    public let domain: DomainName

    /// A mail.
    ///
    /// - Throws: `DomainName.ParseError` if the recipient's domain is no domain name; an address literal is none.
    public init(
        sender: String,
        recipient: String,
        message: [UInt8],
        arrivedAt: UnixTime
    ) throws(DomainName.ParseError) {
        let at = recipient.utf8.lastIndex(of: 0x40)
        domain = try DomainName(parsing: String(at.map { recipient[recipient.index(after: $0)...] } ?? ""))
        (self.sender, self.recipient, self.message, self.arrivedAt) = (sender, recipient, message, arrivedAt)
    }

    /// The same for SMTP.
    var envelope: SMTPMail { SMTPMail(sender: sender, recipients: [recipient], message: message) }
}

/// What came of an attempt to deliver a mail.
public struct DeliveryAttempt: Hashable, Sendable {
    /// What is to be done with the mail.
    public enum Result: Hashable, Sendable {
        /// It was taken by the last of the ``DeliveryAttempt/hosts``: it leaves the queue.
        case delivered
        /// It stays in the queue until the next attempt.
        case deferred
        /// It goes back to its sender, in a notice of non-delivery.
        case returned
    }

    /// An MX host that was tried, and what came of it.
    public struct Host: Hashable, Sendable {
        /// The MX host.
        public let name: DomainName

        /// How it ended.
        public let outcome: MXOutcome

        /// More for people.
        public let detail: String
    }

    /// What is to be done with the mail.
    public let result: Result

    /// The enhanced status code (RFC 3463), for the log and for the notice of non-delivery.
    public let status: String

    /// Why, for people.
    public let reason: String

    /// The MX hosts in the order in which they were tried; those of a second walk follow those of the first.
    public let hosts: [Host]

    /// A line for the log.
    public var logLine: String {
        let trail = hosts.map { "\($0.name): \($0.outcome), \($0.detail)" }
        return (["\(result) \(status) \(reason)"] + trail).joined(separator: "; ")
    }
}
