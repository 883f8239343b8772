// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Divides a mailbox file ("mbox", RFC 4155) into its mails, while the file is read piece by piece.
///
/// A mail begins after a line that begins with `From `, at the beginning of the file or after an empty line. Lines that
/// a mailbox writer escaped as `>From ` are left as they are: they do not occur in base64. No more than one mail and
/// one piece of the file are held, and no more of a mail than the limit.
public struct MailboxSplitter: Sendable {
    /// A mail of a mailbox.
    public enum Message: Hashable, Sendable {
        /// The mail's octets, without the line `From ` and without the empty line before the next one.
        case message([UInt8])
        /// A mail that is larger than the limit; it is not held.
        case tooLarge(octets: Int)
    }

    private let limit: Int
    /// What has come and is not given out yet, but for what was dropped of a mail that is too large.
    private var pending: [UInt8] = []
    /// Where in `pending` the line begins that has not ended yet.
    private var line = 0
    /// Up to where in `pending` there is no further line end.
    private var scanned = 0
    /// How many octets of the mail under way were dropped.
    private var dropped = 0
    /// How many octets the empty line before `line` has, 0 at the beginning of the file; nil if that line is not empty.
    private var emptyLine: Int? = 0
    /// Whether the line `From ` before the pending mail has come.
    private var hasBegun = false

    /// A splitter.
    ///
    /// - Parameter messageLimit: The most octets of a mail.
    public init(messageLimit: Int = ReportMailReader.Limits().messageOctets) { limit = max(0, messageLimit) }

    /// Whether octets begin as a mailbox file does.
    public static func beginsAsMailbox(_ octets: [UInt8]) -> Bool { octets.starts(with: separator) }

    /// The mails of a mailbox that is in memory.
    public static func messages(
        of octets: [UInt8],
        limit: Int = ReportMailReader.Limits().messageOctets
    ) -> [Message] {
        var splitter = MailboxSplitter(messageLimit: limit)
        return splitter.add(octets) + (splitter.end().map { [$0] } ?? [])
    }

    /// Takes the next piece of the file and gives the mails that have ended in it.
    public mutating func add(_ piece: [UInt8]) -> [Message] {
        pending += piece
        var messages: [Message] = []
        var start = 0
        // A line is looked at when all of it has come.
        while let lineFeed = nextLineFeed() {
            if emptyLine != nil, pending.span.hasPrefix("From ", at: line, to: lineFeed) {
                if let message = take(from: start, to: line) { messages.append(message) }
                start = lineFeed + 1
                hasBegun = true
            }
            let length = lineFeed + 1 - line
            let isEmpty = lineFeed == line || lineFeed == line + 1 && pending[line] == 0x0D
            line = lineFeed + 1
            emptyLine = isEmpty ? length : nil
        }
        compact(from: start)
        return messages
    }

    /// Ends the file and gives its last mail, nil if there is none.
    public mutating func end() -> Message? {
        let message = take(from: 0, to: pending.count)
        self = MailboxSplitter(messageLimit: limit)
        return message
    }

    private static let separator = Array("From ".utf8)

    private mutating func nextLineFeed() -> Int? {
        let index = pending.span.index(of: 0x0A, from: scanned, to: pending.count)
        scanned = min(index + 1, pending.count)
        return index < pending.count ? index : nil
    }

    private mutating func take(from start: Int, to end: Int) -> Message? {
        let lost = dropped
        dropped = 0
        // Without the empty line before the next mail, which may be among what was dropped.
        let octets = lost + end - start - (end == line ? emptyLine ?? 0 : 0)
        guard lost == 0, octets <= limit else { return .tooLarge(octets: octets) }
        return octets > 0 || hasBegun ? .message(Array(pending[start..<start + octets])) : nil
    }

    /// Drops what was given out, and what is beyond the limit of the mail that is under way.
    private mutating func compact(from start: Int) {
        // What may become a line `From ` is not of this mail.
        let underWay = pending.count - line
        let mayBegin =
            emptyLine != nil && underWay <= MailSyntax.maximumLineOctets
            && (underWay < Self.separator.count || pending.span.hasPrefix("From ", at: line, to: pending.count))
        // Two octets more are the empty line that may turn out not to belong to it.
        let isTooLarge = dropped > 0 || (mayBegin ? line : pending.count) - start > limit + 2
        let first = isTooLarge ? line : start
        if isTooLarge { dropped += line - start }
        // Without anything to drop, what is pending is not moved, so that the time stays linear.
        if first > 0 { pending.removeSubrange(..<first) }
        line -= first
        // Of the line under way the first octets tell whether it is a line `From `.
        let kept = Self.separator.count
        if isTooLarge, pending.count > MailSyntax.maximumLineOctets {
            dropped += pending.count - kept
            pending.removeSubrange(kept...)
        }
        scanned = pending.count
    }
}
