// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import Foundation
import MTASTSZLIB
import RequirementTrait
import TLSRPT
import Testing

private let reader = ReportFileReader(compression: ZLIBCompression())

/// A mail with one part in base64, whatever it says of itself.
private func mail(type: String, name: String, _ content: [UInt8]) -> [UInt8] {
    let text = """
        Subject: Report Domain: example.com Submitter: sender.example Report-ID: <2026-06-02.example.com@sender.example>
        TLS-Report-Domain: example.com
        TLS-Report-Submitter: sender.example
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type="tlsrpt"; boundary="=b"

        --=b
        Content-Type: \(type); name="\(name)"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="\(name)"

        \(Data(content).base64EncodedString(options: .lineLength76Characters))
        --=b--

        """
    return Array(text.replacing("\n", with: "\r\n").replacing("\r\r\n", with: "\r\n").utf8)
}

extension ZLIBTests {
    @Suite("report files")
    struct ReportFileTests {
        private func expectReport(
            _ files: [ReportFile],
            _ formats: [ReportFile.Format],
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(files.map(\.formats) == [formats], sourceLocation: location)
            let file = try #require(files.first, sourceLocation: location)
            let report = try file.result.get().report
            #expect(report.reportID == "2026-06-02.example.com@sender.example", sourceLocation: location)
            #expect(report.policies.map(\.summary.failedSessions) == [3], sourceLocation: location)
            #expect(file.mail?.conflicts ?? [] == [], sourceLocation: location)
        }

        /// Base64, then gzip; by content, not by media type or file name.
        @Test(
            "b068",
            .proves("R-SEND-02"),
            arguments: [
                ("application/tlsrpt+gzip", "google.com!example.com!1780358400!1780444799!001.json.gz"),
                ("application/tlsrpt+json", "report.json"), ("application/zip", "report.zip"),
                ("application/gzip", "report.txt"), ("text/plain", "report.json"),
            ]
        )
        func b068(type: String, name: String) throws {
            for gzip in [Fixtures.gzipPlain, Fixtures.gzipNamed, Fixtures.gzipEveryHeaderField, Fixtures.gzipMembers] {
                let files = reader.read(mail(type: type, name: name, gzip), name: "mail.eml")
                #expect(files.map(\.origin) == ["mail.eml > \(name)"])
                #expect(files.map(\.formats) == [[.mail, .gzip, .json]])
                #expect(try files.first?.result.get().report.policies.map(\.summary.failedSessions) == [3])
            }
            // The other way: JSON and zip under the names of gzip.
            let json = reader.read(mail(type: type, name: "a.json.gz", Fixtures.report))
            try expectReport(json, [.mail, .json])
            try expectReport(reader.read(mail(type: type, name: "a.gz", Fixtures.zipDeflated)), [.mail, .zip, .json])
        }

        /// gzip and plain JSON through the same reader.
        @Test("b071", .proves("R-SEND-02")) func b071() throws {
            try expectReport(reader.read(Fixtures.gzipPlain, name: "report.json"), [.gzip, .json])
            try expectReport(reader.read(Fixtures.report, name: "report.json.gz"), [.json])
            #expect(Fixtures.gzipPlain.starts(with: [0x1F, 0x8B, 0x08]))
        }

        @Test func everyContainer() throws {
            for zip in [Fixtures.zipStored, Fixtures.zipDeflated, Fixtures.zipStreamed, Fixtures.zipLocalZip64] {
                try expectReport(reader.read(zip), [.zip, .json])
            }
            try expectReport(reader.read(Fixtures.zipGzip), [.zip, .gzip, .json])
            let mail = mail(type: "application/zip", name: "r.zip", Fixtures.zipGzip)
            try expectReport(reader.read(mail), [.mail, .zip, .gzip, .json])
            let mailbox = Array("From a@b.example Wed Jun  3 01:02:03 2026\r\n".utf8) + mail
            try expectReport(reader.read(mailbox), [.mailbox, .mail, .zip, .gzip, .json])
            let many = reader.read(Fixtures.zipMany, name: "r.zip")
            let names = ["reports/\(Fixtures.name)", "empty.json", "reports/grün.txt"]
            #expect(many.map(\.origin) == names.map { "r.zip > \($0)" })
            #expect(many.map { (try? $0.result.get()) != nil } == [true, false, false])
        }

        /// gzip in zip and the like are followed once; the room is that of all together.
        @Test(.proves("R-SEND-02")) func bombs() throws {
            let bomb = BombTests.bomb.gzip
            var builder = ZIPBuilder()
            for index in 0..<20 { builder.store("\(index)", bomb) }
            let zip = builder.octets
            var files: [ReportFile] = []
            let cost = try Cost.of { files = reader.read(zip) }
            #expect(files.count == 20)
            for file in files {
                guard case .failure(.compression(.tooLarge(limit: 67_108_864))) = file.result else {
                    Issue.record("\(file.origin)")
                    continue
                }
            }
            // The archive's files themselves are held: 20 of a MiB.
            #expect(cost.octets < 64 << 20, "\(cost)")
            #expect(cost.seconds < 10, "\(cost)")
        }
    }
}
#endif
