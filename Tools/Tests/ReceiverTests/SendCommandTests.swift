// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `mta-sts report` from recorded sessions to the receivers and back.
@Suite(.timeLimit(.minutes(2))) struct SendCommandTests {
    /// The command beside the test bundle.
    private static var command: String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "mta-sts").path
    }

    private func run(_ arguments: String...) throws -> (exitCode: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: Self.command)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    @Test func whatIsSentIsReadWithTheSameTotals() async throws {
        let world = try ReceiverWorld()
        let folder = FileManager.default.temporaryDirectory.appending(path: "mta-sts-send-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Report ids are of the instance, so that earlier runs do not count as duplicates.
        let instance = String(UUID().uuidString.filter { $0 != "-" }.prefix(12)).lowercased()
        let sessions = ["both", "mailed", "refused", "none"].flatMap { name -> [String] in
            let head =
                #"{"time":"2026-01-01T10:00:00Z","domain":"\#(name).reporting.example","policy-type":"no-policy-found""#
            return Array(repeating: head + "}", count: 9) + [head + #","result-type":"starttls-not-supported"}"#]
        }
        let recording = folder.appending(path: "sessions.jsonl").path
        try Data(sessions.joined(separator: "\n").utf8).write(to: URL(filePath: recording))
        let reports = folder.appending(path: "reports").path
        let built = try run(
            "report",
            "build",
            "--organization",
            "Example Org",
            "--contact",
            "tls@sender.example",
            "--instance",
            instance,
            "--output",
            reports,
            recording
        )
        #expect(built.exitCode == 0, "\(built.output)")
        let sent = try run(
            "report",
            "send",
            "--dns",
            try world.value("MTASTS_DNS_RESOLVER"),
            "--smtp",
            try world.value("MTASTS_REPORTS_SMTP"),
            "--smtp-name",
            "mx.tlsrpt.example",
            "--connect",
            try world.value("MTASTS_REPORTS_HTTPS"),
            "--ca",
            try world.value("MTASTS_HTTPS_CA"),
            reports
        )
        #expect(sent.exitCode == 1, "\(sent.output)")
        #expect(sent.output.contains("4 reports: 2 sent, 1 not asked for, 1 not sent"), "\(sent.output)")
        let mails = folder.appending(path: "mails").path
        try FileManager.default.createDirectory(atPath: mails, withIntermediateDirectories: true)
        for name in ["both", "mailed"] {
            let mail = try await world.mail(holding: "2026-01-01.\(name).reporting.example+\(instance)@sender.example")
            try Data(mail.utf8).write(to: URL(filePath: "\(mails)/\(name).eml"))
        }
        let read = try run("report", "read", "--json", mails)
        #expect(read.exitCode == 0, "\(read.output)")
        let object = try JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String: Any]
        #expect(object?["reports"] as? Int == 2)
        #expect(object?["ok"] as? Int == 18)
        #expect(object?["failed"] as? Int == 2)
        #expect((object?["deviations"] as? [Any])?.isEmpty == true, "\(read.output)")
        #expect((object?["findings"] as? [Any])?.isEmpty == true, "\(read.output)")
    }
}
