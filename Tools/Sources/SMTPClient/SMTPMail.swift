// SPDX-License-Identifier: Apache-2.0

/// A mail with its envelope.
public struct SMTPMail: Hashable, Sendable {
    /// The envelope's sender, `local@domain`; empty for the null reverse-path.
    public var sender: String

    /// The envelope's recipients, `local@domain`.
    public var recipients: [String]

    /// The message, its lines ended by CR LF. Dots at the start of lines are doubled on the way, not here.
    public var message: [UInt8]

    /// A mail.
    public init(sender: String, recipients: [String], message: [UInt8]) {
        self.sender = sender
        self.recipients = recipients
        self.message = message
    }

    /// What came of a mail that was taken.
    public struct Outcome: Hashable, Sendable {
        /// The recipients that the server took responsibility for.
        public let accepted: [String]

        /// The recipients that the server refused, with its reply.
        public let refused: [Refusal]

        /// The reply to the message.
        public let reply: SMTPReply
    }

    /// A recipient that was refused.
    public struct Refusal: Hashable, Sendable {
        /// The recipient.
        public let recipient: String

        /// The reply to RCPT.
        public let reply: SMTPReply
    }

    /// Checks what the server must not be left to find out: nothing in an address may end the command, and the
    /// message must keep to CR LF (RFC 5321 section 2.3.8) and to ASCII, since no extension for more is asked for.
    func validate() throws(SMTPError) {
        guard sender.isEmpty || Self.isMailbox(sender) else { throw .invalid(reason: "the sender's address") }
        guard !recipients.isEmpty else { throw .invalid(reason: "there is no recipient") }
        guard recipients.allSatisfy(Self.isMailbox) else { throw .invalid(reason: "a recipient's address") }
        var previous: UInt8 = 0
        for octet in message {
            if octet >= 0x80 { throw .invalid(reason: "the message is not ASCII") }
            if octet == 0 { throw .invalid(reason: "the message holds a NUL") }
            if (octet == 0x0A) != (previous == 0x0D) {
                throw .invalid(reason: "a line of the message does not end in CR LF")
            }
            previous = octet
        }
        guard previous != 0x0D else { throw .invalid(reason: "a line of the message does not end in CR LF") }
    }

    /// A plain check of `local@domain` in printable ASCII; the quoted local parts of RFC 5321 section 4.1.2 may hold
    /// blanks and angle brackets, and are refused.
    private static func isMailbox(_ address: String) -> Bool {
        let octets = address.utf8
        guard octets.count <= 254, let at = octets.lastIndex(of: 0x40) else { return false }
        return at != octets.startIndex && octets.index(after: at) != octets.endIndex
            && octets.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3C && $0 != 0x3E }
    }

    /// A run of the message's octets as DATA wants it: a dot at the start of a line is doubled (RFC 5321 section
    /// 4.5.2).
    ///
    /// - Parameters:
    ///   - range: The run.
    ///   - isLast: Whether the message ends here: its last line is ended, if it is not, and the end mark follows.
    func dataOctets(_ range: Range<Int>, isLast: Bool) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(range.count + 64)
        var startsLine = range.lowerBound == 0 || message[range.lowerBound - 1] == 0x0A
        for octet in message[range] {
            if startsLine, octet == 0x2E { octets.append(0x2E) }
            octets.append(octet)
            startsLine = octet == 0x0A
        }
        guard isLast else { return octets }
        if !startsLine { octets += [0x0D, 0x0A] }
        return octets + [0x2E, 0x0D, 0x0A]
    }
}
