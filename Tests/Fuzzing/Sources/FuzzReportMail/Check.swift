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
        require(
            part.fileName?.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) } != false,
            "a file name holds no control characters"
        )
        require(part.mediaType.utf8.count { $0 == 0x2F } == 1, "a media type has two parts")
    }
    let more = try? ReportMailReader().attachments(of: octets)
    require((more?.parts.count ?? 0) >= contents.parts.count, "greater limits lose nothing")
}

/// The first octet chooses the size of the pieces, the second the limit.
private func checkMailbox(_ octets: [UInt8]) {
    guard octets.count > 2 else { return }
    let limit = octets[1] & 1 == 0 ? 1 << 20 : Int(octets[1])
    for size in [Int(octets[0] & 63) + 1, 1] {
        let whole = MailboxSplitter.messages(of: octets, limit: limit)
        var splitter = MailboxSplitter(messageLimit: limit)
        var pieces: [MailboxSplitter.Message] = []
        for start in stride(from: 0, to: octets.count, by: size) {
            pieces += splitter.add(Array(octets[start..<min(start + size, octets.count)]))
        }
        if let last = splitter.end() { pieces.append(last) }
        require(pieces == whole, "a mailbox in pieces is the mailbox")
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
    }
}
