// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Puts replies together from the octets of a connection, within limits.
struct ReplyParser {
    /// What is wrong with a reply.
    struct Fault: Error {
        let reason: String
    }

    /// The most octets of a line with its code, without its end; RFC 5321 section 4.5.3.1.5 asks for 512 in all.
    static let maximumLineOctets = 2_048

    /// The most lines of a reply.
    static let maximumLines = 100

    private var line: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    /// Whether a reply has begun that is not complete.
    var isWithinReply: Bool { code != nil || !line.isEmpty }

    /// Takes octets up to the end of a reply.
    ///
    /// - Returns: The reply; nil if it is not complete, and the buffer is empty then.
    mutating func read(_ buffer: inout ByteBuffer) throws(Fault) -> SMTPReply? {
        while let octet: UInt8 = buffer.readInteger() {
            guard octet == 0x0A else {
                guard line.count < Self.maximumLineOctets else {
                    throw Fault(reason: "a line of more than \(Self.maximumLineOctets) octets")
                }
                line.append(octet)
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            if let reply = try endLine() { return reply }
        }
        return nil
    }

    /// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
    private mutating func endLine() throws(Fault) -> SMTPReply? {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Fault(reason: "a line without a reply code")
        }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (200...599).contains(number) else { throw Fault(reason: "the reply code \(number)") }
        guard code == nil || code == number else { throw Fault(reason: "two codes in one reply") }
        let separator = line.dropFirst(3).first
        guard separator == nil || separator == 0x20 || separator == 0x2D else {
            throw Fault(reason: "a line without a blank after its reply code")
        }
        guard lines.count < Self.maximumLines else { throw Fault(reason: "more than \(Self.maximumLines) lines") }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        line.removeAll(keepingCapacity: true)
        code = number
        guard separator != 0x2D else { return nil }
        defer {
            code = nil
            lines = []
        }
        return SMTPReply(code: number, lines: lines)
    }
}
