// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import TLSRPT

func check(_ octets: [UInt8]) {
    checkMailbox(octets)
    let limits = ReportMailReader.Limits(depth: 4, parts: 10, fieldOctets: 512)
    guard let contents = try? ReportMailReader(limits: limits).attachments(of: octets) else {
        require(!ReportMailReader.beginsAsMail(octets), "what begins as a mail is read")
        return
    }
    require(contents.parts.count <= limits.parts, "parts are bounded")
    let content = contents.parts.reduce(0) { $0 + $1.content.count }
    require(content <= octets.count, "what is decoded is no larger than the mail")
    let kinds = contents.deviations.map(\.kind)
    require(Set(kinds).count == kinds.count, "a kind of deviation is named once")
    require(contents.deviations.allSatisfy { (0...octets.count).contains($0.offset) }, "offsets are within the mail")
    for part in contents.parts {
        require(part.fileName.map(holdsControlCharacters) != true, "a file name holds no control characters")
        require(part.mediaType.utf8.count { $0 == 0x2F } == 1, "a media type has two parts")
    }
    let isLimited = kinds.contains { $0 == .tooDeep || $0 == .tooManyParts }
    guard isLimited || octets.count <= limits.fieldOctets else { return }
    guard let more = try? ReportMailReader().attachments(of: octets) else {
        return require(false, "what is read with limits is read with greater ones")
    }
    require(more.parts.count >= contents.parts.count, "greater limits lose nothing")
    require(isLimited || more == contents, "limits that are not met are none")
}

/// No limit that matters, a small one, or one that a mail just meets or just misses.
private func limit(_ choice: UInt8, of octets: [UInt8]) -> Int {
    let none = 1 << 20
    switch choice & 3 {
    case 0: return none
    case 1: return Int(choice)
    default:
        let mails = MailboxSplitter.messages(of: octets, limit: none)
        guard !mails.isEmpty, case .message(let mail) = mails[Int(choice >> 2) % mails.count] else { return none }
        return choice & 3 == 2 ? mail.count : max(0, mail.count - 1)
    }
}

/// The last octet chooses the size of the pieces, the one before it the limit.
private func checkMailbox(_ octets: [UInt8]) {
    guard octets.count > 2 else { return }
    // A long mail that is no mailbox shows nothing that a short one does not.
    guard octets.count <= 512 || MailboxSplitter.beginsAsMailbox(octets) else { return }
    let (pieces, choice) = (Int(octets[octets.count - 1] & 63) + 1, octets[octets.count - 2])
    let limit = limit(choice, of: octets)
    let whole = MailboxSplitter.messages(of: octets, limit: limit)
    let sum = whole.reduce(0) { sum, message in
        switch message {
        case .message(let mail):
            require(mail.count <= limit, "a mail is within the limit")
            return sum + mail.count
        case .tooLarge(let count):
            require(count > limit, "a mail that is too large is above the limit")
            return sum + count
        }
    }
    require(sum <= octets.count, "mails are parts of the mailbox")
    // All there is to an end of a piece is there in short mailboxes, too.
    for size in octets.count <= 256 ? [pieces, 1] : [pieces] {
        var splitter = MailboxSplitter(messageLimit: limit)
        var messages: [MailboxSplitter.Message] = []
        for start in stride(from: 0, to: octets.count, by: size) {
            messages += splitter.add(Array(octets[start..<min(start + size, octets.count)]))
        }
        if let last = splitter.end() { messages.append(last) }
        require(messages == whole, "a mailbox in pieces is the mailbox")
    }
}
