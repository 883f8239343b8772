// SPDX-License-Identifier: Apache-2.0

import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: hostile mail")
struct HostileMailTests {
    private static func read(_ text: String) throws -> Set<MailDeviation.Kind> {
        Set(try ReportMailReader().attachments(of: Array(text.utf8)).deviations.map(\.kind))
    }

    @Test("Long headers, deep nesting and endless boundaries come to an end", .timeLimit(.minutes(1)))
    func sizes() throws {
        let line = String(repeating: "a", count: 1 << 17)
        #expect(try Self.read("Subject: \(line)\n\n{}").isSuperset(of: [.longLine, .longField]))
        #expect(try Self.read("A: b\n\(line)").contains(.missingHeaderEnd))
        let nested = (0..<10_000).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }
        #expect(try Self.read(nested.joined()).isSuperset(of: [.tooDeep, .missingClosingBoundary]))
        let forwarded = String(repeating: "Content-Type: message/rfc822\n\n", count: 10_000)
        #expect(try Self.read(forwarded).contains(.tooDeep))
        let boundaries = String(repeating: "--b\n", count: 50_000)
        #expect(try Self.read("Content-Type: multipart/mixed; boundary=b\n\n\(boundaries)").contains(.tooManyParts))
        let near = String(repeating: "--bb\n", count: 20_000)
        #expect(try Self.read("Content-Type: multipart/mixed; boundary=b\n\n\(near)").contains(.missingBoundary))
        let fields = String(repeating: "DKIM-Signature: d=a.example\n", count: 10_000)
        let contents = try ReportMailReader().attachments(of: Array("\(fields)\n".utf8))
        #expect(contents.fields.dkimSignatures.count == 32)
    }

    @Test("Decoded content is never larger than the mail")
    func memory() throws {
        let body = String(repeating: "{=\n", count: 10_000)
        for encoding in ["base64", "quoted-printable", "8bit"] {
            let mail = "Content-Type: application/json\nContent-Transfer-Encoding: \(encoding)\n\n\(body)"
            let parts = try ReportMailReader().attachments(of: Array(mail.utf8)).parts
            #expect(parts.allSatisfy { $0.content.count <= body.utf8.count })
        }
    }

    @Test("A mail cut at any octet, and a boundary at any place, are read without a trap", arguments: [false, true])
    func everywhere(isForwarded: Bool) throws {
        let mail = try MailVector.octets(of: isForwarded ? "forwarded.eml" : "nested.eml")
        let report = try MailVector.octets(of: "report.json.gz")
        let reader = ReportMailReader()
        for place in 1...mail.count {
            guard let contents = try? reader.attachments(of: Array(mail[..<place])) else { continue }
            // Whatever is left of the report is its beginning; or the cut is in a header's line, which is the body then.
            let isInHeader = contents.deviations.contains { $0.kind == .missingHeaderEnd }
            #expect(contents.parts.count <= 1)
            #expect(isInHeader || contents.parts.allSatisfy { report.starts(with: $0.content) })
        }
        let boundary = Array((isForwarded ? "\r\n--fwd\r\n" : "\r\n--outer--\r\n").utf8)
        for place in 0...mail.count {
            let parts = (try? reader.attachments(of: mail[..<place] + boundary + mail[place...]).parts) ?? []
            #expect(parts.count <= 2)
        }
    }

    @Test("Any octets are read without a trap, seeded", arguments: 0..<20)
    func anything(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            "Content-Type: ", "multipart/report", "; boundary=b", "; boundary=\"b", "\"", ";", "=", "\r\n", "\n",
            "\r\n\r\n",
            "--b", "--b--", "--", "message/rfc822", "application/tlsrpt+gzip", "Content-Transfer-Encoding: base64",
            "*0*=",
            "utf-8''", "%41", "=?utf-8?q?a?=", "=?", "?=", "(", ")", "\\",
            "Authentication-Results: a; dkim=pass header.d=b",
            "DKIM-Signature: ", "From ", "{", " ", "\t", "é", "\0", "Subject: Report Domain: ", "H4sI", "name",
        ].map { Array($0.utf8) }
        for _ in 0..<300 {
            let octets = Array("A: b\n".utf8) + random.sentence(of: words, below: 40) + random.octets(below: 8)
            let contents = try ReportMailReader().attachments(of: octets)
            #expect(contents.parts.count <= 100)
            #expect(contents.deviations.allSatisfy { (0...octets.count).contains($0.offset) })
            _ = MailboxSplitter.messages(of: octets)
        }
    }
}

@Suite("TLSRPT: mailbox files")
struct MailboxSplitterTests {
    @Test("A mailbox is divided into its mails, in pieces of any size", arguments: [1, 2, 5, 100, 10_000])
    func pieces(size: Int) throws {
        let mailbox = try MailVector.octets(of: "three.mbox")
        #expect(MailboxSplitter.beginsAsMailbox(mailbox))
        var splitter = MailboxSplitter()
        var messages: [MailboxSplitter.Message] = []
        for start in stride(from: 0, to: mailbox.count, by: size) {
            messages += splitter.add(Array(mailbox[start..<min(mailbox.count, start + size)]))
        }
        messages += splitter.end().map { [$0] } ?? []
        #expect(messages == MailboxSplitter.messages(of: mailbox))
        let parts = try messages.map { message in
            guard case .message(let octets) = message else { return -1 }
            return try ReportMailReader().attachments(of: octets).parts.count
        }
        #expect(parts == [1, 0, 1])
    }

    @Test(
        "Only a line after an empty one, or the first, begins a mail",
        arguments: [
            ("", []), ("From a\nx: y\n", ["x: y\n"]), ("From a\nx: y\n\nFrom b\nz: w\n\n", ["x: y\n", "z: w\n"]),
            ("From a\r\nx: y\r\n\r\nFrom b\r\nz", ["x: y\r\n", "z"]), ("From a\nx\nFrom b\ny", ["x\nFrom b\ny"]),
            ("From a\nx\n\nFromb\ny", ["x\n\nFromb\ny"]), ("From a\nx\n\n>From b\n", ["x\n\n>From b\n"]),
            ("x: y\n\nFrom a\nz", ["x: y\n", "z"]), ("From a\n\nFrom b\nx", ["", "x"]),
        ]
    )
    func lines(mailbox: String, mails: [String]) {
        #expect(MailboxSplitter.messages(of: Array(mailbox.utf8)) == mails.map { .message(Array($0.utf8)) })
    }

    @Test("A mail beyond the limit is not held, and those after it are read", arguments: [1, 7, 100_000])
    func limit(size: Int) {
        let long = String(repeating: "0123456789", count: 5_000)
        let mailbox = Array("From a\n\(long)\n\(long)\n\nFrom b\nx: y\n\nFrom c\n\(long)".utf8)
        var splitter = MailboxSplitter(messageLimit: 100)
        var messages: [MailboxSplitter.Message] = []
        for start in stride(from: 0, to: mailbox.count, by: size) {
            messages += splitter.add(Array(mailbox[start..<min(mailbox.count, start + size)]))
        }
        messages += splitter.end().map { [$0] } ?? []
        #expect(messages.count == 3)
        // Without the empty line before the next mail, in whatever pieces it came.
        #expect(messages.first == .tooLarge(octets: 100_002))
        #expect(messages.dropFirst().first == .message(Array("x: y\n".utf8)))
        #expect(messages.last == .tooLarge(octets: 50_000))
    }

    @Test("A mail that just meets the limit is given, in pieces of any size", arguments: [1, 2, 3, 7, 100])
    func limitMet(size: Int) {
        let mailbox = Array("From a\r\nx: y\r\n\r\nFrom b\r\nz: w\r\n".utf8)
        var splitter = MailboxSplitter(messageLimit: 6)
        var messages: [MailboxSplitter.Message] = []
        for start in stride(from: 0, to: mailbox.count, by: size) {
            messages += splitter.add(Array(mailbox[start..<min(mailbox.count, start + size)]))
        }
        messages += splitter.end().map { [$0] } ?? []
        #expect(messages == ["x: y\r\n", "z: w\r\n"].map { .message(Array($0.utf8)) })
    }
}
