// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSZLIB
import RequirementTrait
import Testing

extension ReportTests {
    /// 1 GiB of zeros, packed by others, is refused in every form that it can come in.
    struct BombTests {
        /// Writes `bomb.gz`, `bomb.zip`, and `nested.zip` with the first inside.
        private static let script = """
            import gzip, io, sys, zipfile
            folder, zeros = sys.argv[1], bytes(1 << 20)
            with gzip.open(folder + "/bomb.gz", "wb") as file:
                for _ in range(1024): file.write(zeros)
            with zipfile.ZipFile(folder + "/bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open("report.json", "w", force_zip64=True) as file:
                    for _ in range(1024): file.write(zeros)
            with zipfile.ZipFile(folder + "/nested.zip", "w") as archive:
                archive.write(folder + "/bomb.gz", "report.json.gz")
            """

        private struct Bomb {
            let name: String
            let octets: [UInt8]
        }

        @Test(.proves("R-SEND-02")) func areRefused() async throws {
            try await ReportTests.withFolder { folder in
                for bomb in try Self.bombs(in: folder) { try refuse(bomb) }
            }
        }

        private func refuse(_ bomb: Bomb) throws {
            let reader = ReportFileReader(compression: ZLIBCompression())
            let limit = ReportFileLimits.default.expandedOctets
            let before = try HTTPSProcessMemory.resident()
            try HTTPSProcessMemory.resetPeak()
            let start = ContinuousClock.now
            let files = reader.read(bomb.octets, name: bomb.name)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let growth = max(0, try HTTPSProcessMemory.peak() - before)
            #expect(files.map(\.result) == [.failure(.compression(.tooLarge(limit: limit)))], "\(bomb.name)")
            #expect(growth < 16 << 20, "\(bomb.name)")
            #expect(seconds < 5, "\(bomb.name)")
            let milliseconds = Int((seconds * 1_000).rounded())
            print(
                "| 1 GiB of zeros | \(bomb.name) | \(bomb.octets.count) octets | refused | \(milliseconds) ms | \(growth >> 10) KiB |"
            )
        }

        private static func bombs(in folder: URL) throws -> [Bomb] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, folder.path]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
            func file(_ name: String) throws -> Bomb {
                Bomb(name: name, octets: [UInt8](try Data(contentsOf: folder.appending(path: name))))
            }
            let gzip = try file("bomb.gz")
            let zip = try file("bomb.zip")
            return [
                gzip, zip, try file("nested.zip"),
                Bomb(name: "mail with gzip", octets: try mail(gzip.octets)),
                Bomb(name: "mail with zip", octets: foreignMail(zip.octets)),
                Bomb(
                    name: "mailbox",
                    octets: Array("From sender@sender.example Wed Nov 25 00:00:00 2026\n".utf8)
                        + (try mail(gzip.octets)).filter { $0 != 0x0D }
                ),
            ]
        }

        /// The bomb as the attachment of a mail of ours.
        private static func mail(_ bomb: [UInt8]) throws -> [UInt8] {
            let domain = try #require(DomainName("bomb.example"))
            let report = try ReportTests.sample(of: domain)
            return try ReportMessage(
                report: report,
                policyDomain: domain,
                submitter: try #require(report.submitter),
                recipient: "reports@bomb.example",
                attachment: .gzip(bomb),
                date: UnixTime(secondsSinceEpoch: 1_795_564_800)
            ).octets
        }

        /// The bomb as the only part of a mail, as some senders attach zip archives.
        private static func foreignMail(_ bomb: [UInt8]) -> [UInt8] {
            let body = Data(bomb).base64EncodedString(options: [.lineLength76Characters])
            let header = [
                "From: sender@sender.example", "To: reports@bomb.example", "Subject: Report Domain: bomb.example",
                "MIME-Version: 1.0", "Content-Type: application/zip; name=\"report.json.zip\"",
                "Content-Transfer-Encoding: base64", "", "",
            ]
            return Array((header.joined(separator: "\r\n") + body + "\r\n").utf8)
        }
    }
}
