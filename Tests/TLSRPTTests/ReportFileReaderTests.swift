// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import TLSRPT
import Testing

/// A compression that only packs: gzip is its magic and the content, a zip archive the files that are given here.
private struct Packing: ReportCompression {
    var files: [ArchiveFile] = []

    static let magic: [UInt8] = [0x1F, 0x8B]
    static let archive: [UInt8] = [0x50, 0x4B, 3, 4]

    func gzip(_ octets: [UInt8]) -> [UInt8] { Self.magic + octets }

    func gunzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [UInt8] {
        guard octets.count > 2 else { throw .damaged(reason: "short") }
        guard octets.count - 2 <= limit else { throw .tooLarge(limit: limit) }
        return Array(octets.dropFirst(2))
    }

    func unzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [ArchiveFile] {
        guard octets == Self.archive else { throw .unsupported(reason: "another") }
        guard files.reduce(0, { $0 + $1.content.count }) <= limit else { throw .tooLarge(limit: limit) }
        return files
    }
}

private let json = Array(
    """
    {"organization-name": "Sender", "date-range": {"start-datetime": "2026-06-02T00:00:00Z",
     "end-datetime": "2026-06-02T23:59:59Z"}, "contact-info": "tlsrpt@sender.example", "report-id": "1@sender.example",
     "policies": [{"policy": {"policy-type": "no-policy-found", "policy-domain": "example.com"},
     "summary": {"total-successful-session-count": 7, "total-failure-session-count": 0}}]}
    """.utf8
)
private let gzip = Packing.magic + json
private let reader = ReportFileReader(compression: Packing())

/// A mail with a binary part.
private func mail(_ content: [UInt8], name: String = "r.json", domain: String = "example.com") -> [UInt8] {
    let head = """
        From: tlsrpt@sender.example
        Subject: Report Domain: \(domain) Submitter: sender.example Report-ID: <1@sender.example>
        TLS-Report-Domain: \(domain)
        TLS-Report-Submitter: sender.example
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type="tlsrpt"; boundary="=b"

        --=b
        Content-Type: text/plain

        For people.
        --=b
        Content-Type: application/octet-stream; name="\(name)"
        Content-Transfer-Encoding: binary


        """
    return Array(head.utf8) + content + Array("\n--=b--\n".utf8)
}

private func mailbox(_ messages: [[UInt8]]) -> [UInt8] {
    messages.reduce(into: []) {
        $0 += Array("From tlsrpt@sender.example Wed Jun  3 01:02:03 2026\n".utf8) + $1 + [0x0A]
    }
}

extension ReportFile {
    fileprivate var error: ReportFileError? {
        if case .failure(let error) = result { error } else { nil }
    }
}

@Suite("TLSRPT: report files")
struct ReportFileReaderTests {
    @Test(arguments: [
        (json, [ReportFile.Format.json], "x"),
        ([0xEF, 0xBB, 0xBF, 0x0D, 0x0A, 0x20, 0x09] + json, [.json], "x"),
        (gzip, [.gzip, .json], "x"),
        (mail(json), [.mail, .json], "x > r.json"),
        (mail(gzip), [.mail, .gzip, .json], "x > r.json"),
    ])
    func oneReport(octets: [UInt8], formats: [ReportFile.Format], origin: String) throws {
        let files = reader.read(octets, name: "x")
        #expect(files.map(\.formats) == [formats])
        #expect(files.map(\.origin) == [origin])
        let report = try #require(files.first).result.get().report
        #expect(report.reportID == "1@sender.example")
        #expect(report.policies.map(\.summary.successfulSessions) == [7])
        #expect((files.first?.mail != nil) == formats.contains(.mail))
    }

    /// The name that is shown is cut; a path may be longer.
    @Test func fileNames() {
        let name = "sender.example!example.com!1470009600!1470095999.json"
        func read(_ name: String?, _ octets: [UInt8]) -> String? {
            ReportFileReader(compression: nil).read(octets, name: name).first?.fileName?.description
        }
        let json = Array("{}".utf8)
        #expect(read(name, json) == name)
        #expect(read(String(repeating: "folder/", count: 99) + name, json) == name)
        #expect(read("report.json", json) == nil)
        #expect(read(nil, json) == nil)
        #expect(read("report.eml", mail(json, name: name)) == name)
        #expect(read(name, mail(json)) == name)
    }

    @Test func archives() {
        let packing = Packing(files: [
            ArchiveFile(name: "a.json", content: json),
            ArchiveFile(name: "b\u{1B}.gz", content: gzip),
            ArchiveFile(name: "../c", content: Packing.archive),
            ArchiveFile(name: "d", content: mail(json)),
            ArchiveFile(name: "readme", content: Array("words of no form".utf8)),
            ArchiveFile(name: "e", content: []),
        ])
        let reader = ReportFileReader(compression: packing)
        for (octets, outer, name) in [
            (Packing.archive, [ReportFile.Format.zip], "x"), (mail(Packing.archive), [.mail, .zip], "x > r.json"),
        ] {
            let files = reader.read(octets, name: "x")
            #expect(files.map(\.origin) == ["a.json", "b.gz", "../c", "d", "readme", "e"].map { "\(name) > \($0)" })
            #expect(files.map(\.formats) == [outer + [.json], outer + [.gzip, .json], outer, outer, outer, outer])
            #expect(
                files.map(\.error) == [
                    nil, nil, .nested(.zip, in: .zip), .nested(.mail, in: .zip), .unknownFormat, .empty,
                ]
            )
        }
        #expect(ReportFileReader(compression: Packing()).read(Packing.archive).map(\.error) == [.noReport(in: .zip)])
    }

    @Test(arguments: [
        (gzip, ReportFile.Format.gzip), (Packing.archive, .zip), (mail(json), .mail),
        (mailbox([mail(json)]), .mailbox),
    ])
    func nothingButJSONInGzip(octets: [UInt8], format: ReportFile.Format) {
        #expect(reader.read(Packing.magic + octets).map(\.error) == [.nested(format, in: .gzip)])
    }

    @Test func everyMailOfAMailbox() {
        let plain = Array("Subject: hello\n\nNo report.\n".utf8)
        let other = mail(Packing.archive, domain: "example.org")
        let messages = [mail(json), plain, mail(gzip), other, Array("no header\n".utf8)]
        let octets = mailbox(messages)
        let packing = Packing(files: [ArchiveFile(name: "a.json", content: json)])
        let files = ReportFileReader(compression: packing).read(octets, name: "box")
        #expect(
            files.map(\.origin) == [
                "box > mail 1 > r.json", "box > mail 2", "box > mail 3 > r.json", "box > mail 4 > r.json > a.json",
                "box > mail 5",
            ]
        )
        #expect(files.map(\.error) == [nil, .noReport(in: .mail), nil, nil, .mail(.noHeader)])
        #expect(files.first?.formats == [.mailbox, .mail, .json])
        // The mail says another domain than the report, in two places.
        #expect(files.map { $0.mail?.conflicts.count } == [0, 0, 0, 2, nil])
        #expect(files.map { $0.mail?.isTLSReport } == [true, false, true, true, nil])
        #expect(files.map { $0.mail?.fileName } == ["r.json", nil, "r.json", "r.json", nil])
        #expect(files.first?.mail?.fields.reportDomain == "example.com")
    }

    @Test func errors() {
        #expect(reader.read([]).map(\.error) == [.empty])
        #expect(reader.read(Array(" \r\n\t".utf8)).map(\.error) == [.empty])
        #expect(reader.read([0]).map(\.error) == [.unknownFormat])
        #expect(reader.read(Array("<html>".utf8)).map(\.error) == [.unknownFormat])
        #expect(reader.read(Packing.magic).map(\.error) == [.compression(.damaged(reason: "short"))])
        #expect(
            reader.read(Packing.archive + [0]).map(\.error) == [.compression(.unsupported(reason: "another"))]
        )
        let damaged = reader.read(Array("{".utf8)).first
        #expect(damaged?.formats == [.json])
        if case .report(let error)? = damaged?.error { #expect(error.code == .unexpectedEnd) } else { Issue.record() }
        // In a mail the other forms fail for themselves.
        #expect(reader.read(mail(Array("?".utf8))).map(\.error) == [.unknownFormat])
        #expect(reader.read(mail(json, name: "")).map(\.origin) == ["part 1"])
    }

    @Test func withoutCompression() {
        let reader = ReportFileReader(compression: nil)
        #expect(reader.read(json).map(\.error) == [nil])
        #expect(reader.read(gzip).map(\.error) == [.needsCompression(.gzip)])
        #expect(reader.read(mail(Packing.archive)).map(\.error) == [.needsCompression(.zip)])
        #expect("\(ReportFileError.needsCompression(.gzip))".contains("trait ZLIB"))
    }

    @Test func limits() {
        func errors(_ limits: ReportFileLimits, _ octets: [UInt8], _ files: [ArchiveFile] = []) -> [ReportFileError?] {
            ReportFileReader(compression: Packing(files: files), limits: limits).read(octets).map(\.error)
        }
        #expect(errors(ReportFileLimits(inputOctets: json.count), json) == [nil])
        let less = json.count - 1
        #expect(errors(ReportFileLimits(inputOctets: less), json) == [.tooLarge(limit: less)])
        #expect(errors(ReportFileLimits(expandedOctets: json.count), gzip) == [nil])
        #expect(
            errors(ReportFileLimits(expandedOctets: less), gzip) == [.compression(.tooLarge(limit: less))]
        )
        let three = (0..<3).map { ArchiveFile(name: "\($0)", content: json) }
        #expect(errors(ReportFileLimits(filesPerArchive: 3), Packing.archive, three) == [nil, nil, nil])
        #expect(errors(ReportFileLimits(filesPerArchive: 2), Packing.archive, three) == [nil, nil, .tooMany(limit: 2)])
        #expect(errors(ReportFileLimits(results: 3), Packing.archive, three) == [nil, nil, nil])
        #expect(errors(ReportFileLimits(results: 2), Packing.archive, three) == [nil, nil, .tooMany(limit: 2)])
        let mailLimit = ReportMailReader.Limits(messageOctets: 100)
        #expect(errors(ReportFileLimits(mail: mailLimit), mail(json)) == [.mail(.tooLarge(limit: 100))])
        let box = mailbox([mail(json)])
        #expect(errors(ReportFileLimits(mail: mailLimit), box) == [.mail(.tooLarge(limit: 100))])
    }

    /// The room for what is expanded is that of all mails together, and a bomb takes none from the others.
    @Test func roomIsShared() {
        let bomb = Packing.magic + [UInt8](repeating: 0, count: 3 * json.count)
        let octets = mailbox([mail(gzip), mail(bomb), mail(gzip), mail(gzip)])
        let limit = 5 * json.count / 2
        let files = ReportFileReader(compression: Packing(), limits: ReportFileLimits(expandedOctets: limit)).read(
            octets
        )
        let tooLarge = ReportFileError.compression(.tooLarge(limit: limit))
        #expect(files.map(\.error) == [nil, tooLarge, nil, tooLarge])
    }

    /// Mails of a few octets, by the million: as many results as allowed, and no more.
    @Test func tinyMails() {
        let octets = Array(repeatElement(Array("From \n\n".utf8), count: 1_000_000).joined())
        let files = reader.read(octets)
        #expect(files.count == ReportFileLimits.default.results + 1)
        #expect(files.last?.error == .tooMany(limit: ReportFileLimits.default.results))
    }

    @Test func everyErrorHasASentence() {
        let errors: [ReportFileError] = [
            .tooLarge(limit: 1), .empty, .unknownFormat, .needsCompression(.zip), .compression(.tooLarge(limit: 1)),
            .nested(.zip, in: .gzip), .noReport(in: .mail), .tooMany(limit: 1), .mail(.noHeader),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
    }
}
