// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import SMTPClient

struct ReplyParserTests {
    private func replies(_ text: String, step: Int = .max) throws -> [SMTPReply] {
        var parser = ReplyParser()
        var found: [SMTPReply] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var buffer = ByteBuffer(bytes: rest.prefix(step))
            rest = rest.dropFirst(step)
            while let reply = try parser.read(&buffer) { found.append(reply) }
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 7, Int.max])
    func linesAreJoinedHoweverTheyCome(_ step: Int) throws {
        let text = "250-mx.example\r\n250-SIZE 1000\n250 8BITMIME\r\n354\r\n550 5.1.1 no\r\n"
        #expect(
            try replies(text, step: step) == [
                SMTPReply(code: 250, lines: ["mx.example", "SIZE 1000", "8BITMIME"]), SMTPReply(code: 354, lines: [""]),
                SMTPReply(code: 550, lines: ["5.1.1 no"]),
            ]
        )
    }

    @Test(arguments: [
        "hello\r\n", "\r\n", "25\r\n", "2500 x\r\n", "250+x\r\n", "099 x\r\n", "600 x\r\n", "-50 x\r\n",
        "250-a\r\n251 b\r\n",
        "HTTP/1.1 200 OK\r\n", "２50 x\r\n",
    ])
    func whatIsNoReplyIsRefused(_ text: String) {
        #expect(throws: ReplyParser.Fault.self) { try replies(text) }
    }

    @Test func linesAndTheirNumberAreBounded() throws {
        let longest = "250 " + String(repeating: "x", count: ReplyParser.maximumLineOctets - 4)
        #expect(try replies(longest + "\n").count == 1)
        #expect(throws: ReplyParser.Fault.self) { try replies(longest + "x") }
        let most = String(repeating: "250-x\r\n", count: ReplyParser.maximumLines - 1)
        #expect(try replies(most + "250 x\r\n").first?.lines.count == ReplyParser.maximumLines)
        #expect(throws: ReplyParser.Fault.self) { try replies(most + "250-x\r\n250-x\r\n") }
    }

    @Test func whatIsPrintedIsSafe() {
        let reply = SMTPReply(code: 550, lines: ["a\u{1B}[31mb", "\u{202E}c", String(repeating: "d", count: 9_999)])
        #expect(reply.description.hasPrefix("550 a[31mb c ddd"))
        #expect(reply.description.count < 400)
        #expect(!SMTPError.refused(.mail, reply).description.unicodeScalars.contains { $0.value < 0x20 })
    }
}

struct SMTPMailTests {
    @Test(arguments: [
        ("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), ("", ".\r\n"), (".\r\n", "..\r\n.\r\n"),
        ("a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n.\r\n"), ("a.b", "a.b\r\n.\r\n"),
    ])
    func dotsAreDoubledAndTheEndIsMarked(_ message: String, _ expected: String) {
        let mail = SMTPMail(sender: "", recipients: ["a@b.example"], message: Array(message.utf8))
        #expect(String(decoding: mail.dataOctets(0..<mail.message.count, isLast: true), as: UTF8.self) == expected)
        // However it is cut, the same goes out.
        for cut in 0...mail.message.count {
            let octets =
                mail.dataOctets(0..<cut, isLast: false)
                + mail.dataOctets(cut..<mail.message.count, isLast: true)
            #expect(String(decoding: octets, as: UTF8.self) == expected, "cut at \(cut)")
        }
    }

    @Test(arguments: [
        "a", "@b", "a@", "a b@c", "a@b>\r\nRCPT TO:<c@d", "a@b\r\nDATA", "<a@b>", "a\u{0}@b", "å@b.example", "a@bü",
        String(repeating: "a", count: 255) + "@b",
    ])
    func anAddressThatCouldEndTheCommandIsRefused(_ address: String) {
        #expect(throws: SMTPError.self) {
            try SMTPMail(sender: address, recipients: ["a@b.example"], message: []).validate()
        }
        #expect(throws: SMTPError.self) { try SMTPMail(sender: "", recipients: [address], message: []).validate() }
    }

    @Test(arguments: ["a\nb", "a\rb", "a\r\n\n", "a\r", "\n", "a\u{0}", "\u{E9}", "\r\r\n"])
    func aMessageThatCouldSmuggleIsRefused(_ message: String) {
        #expect(throws: SMTPError.self) {
            try SMTPMail(sender: "", recipients: ["a@b.example"], message: Array(message.utf8)).validate()
        }
    }

    @Test func noRecipientIsRefused() {
        #expect(throws: SMTPError.self) { try SMTPMail(sender: "", recipients: [], message: []).validate() }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{0}a\u{0}b", "AGEAYg=="),
    ])
    func base64(_ text: String, _ expected: String) { #expect(Base64.text(Array(text.utf8)) == expected) }
}
