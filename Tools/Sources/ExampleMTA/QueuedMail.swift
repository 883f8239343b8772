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
