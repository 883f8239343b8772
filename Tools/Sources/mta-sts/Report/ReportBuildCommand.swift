// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MTASTS

/// `mta-sts report build`.
struct ReportBuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make TLS reports of recorded sessions, a file for each day and domain.",
        discussion: """
            The recording has a JSON object a line, a session each, with the member names of RFC 8460 section 4.4: time \
            (RFC 3339 or seconds since 1970), domain (who gets the report), policy-type (sts, tlsa or \
            no-policy-found), policy-string (the policy's lines), policy-domain (the TLSA base domain; otherwise it may \
            be left out), result-type (what failed; left out for a success), and more about a failure: \
            failure-reason-code, receiving-mx-hostname, receiving-mx-helo, receiving-ip, sending-mta-ip, \
            additional-information.

            Exit codes: 0 written; 1 a line or a report was refused, the others are written; 2 nothing could be written.

            Example:
              mta-sts report build --organization "Example Org" --contact tls@sender.example \\
                --day 2026-01-01 --output reports sessions.jsonl
            """
    )

    @Argument(help: "Files with recorded sessions; - is standard input.", completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("The sender's name in the reports.", valueName: "name"))
    var organization: String

    @Option(
        help: ArgumentHelp("The mail address of who is responsible; its domain is the submitter.", valueName: "address")
    )
    var contact: String

    @Option(help: ArgumentHelp("Tells several senders of one submitter apart.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("Report this day (UTC) only.", valueName: "yyyy-mm-dd"))
    var day: String?

    @Option(help: ArgumentHelp("The folder for the reports; it is made if need be.", valueName: "folder"))
    var output: String

    func validate() throws { _ = try build }

    private var build: ReportBuild {
        get throws {
            let sender: ReportSender
            do {
                sender = try ReportSender(organizationName: organization, contactInfo: contact, instance: instance)
            } catch {
                throw ValidationError("\(error)")
            }
            return ReportBuild(sender: sender, day: try day.map { try ReportSourceOptions.day($0, "--day") })
        }
    }

    func run() async throws {
        var build = try build
        for file in files {
            do throws(InputFile.Failure) {
                try build.read(file)
            } catch {
                try CommandOutput.failure("\(error)").finish()
            }
        }
        try Self.write(&build, into: output, style: .standardOutput).finish()
    }

    /// Writes the reports and says so.
    static func write(_ build: inout ReportBuild, into folder: String, style: Style) -> CommandOutput {
        let (files, faults) = build.files()
        var output = CommandOutput(exitCode: faults.isEmpty ? 0 : 1)
        output.errors = faults.map { "error: \($0)\n" }.joined()
        guard !files.isEmpty else {
            output.errors += "error: there are no sessions to report\n"
            output.exitCode = 2
            return output
        }
        let base = URL(filePath: folder, directoryHint: .isDirectory)
        var table = TextTable("Policy domain", "day", "ok", "failed", "octets")
        do {
            try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
            for file in files {
                try Data(file.octets).write(to: base.appending(path: file.name), options: .atomic)
                table.add(
                    file.domain.description,
                    file.day.description,
                    "\(file.counts.ok)",
                    "\(file.counts.failed)",
                    "\(file.octets.count)"
                )
            }
        } catch {
            output.errors += "error: cannot write into \(SafeText.of(folder)): \(error.localizedDescription)\n"
            output.exitCode = 2
            return output
        }
        table.setNote(
            "\(counted(files.count, "report")) of \(counted(build.sessions, "session")) in \(SafeText.of(folder))"
        )
        output.output = table.lines(style: style).joined(separator: "\n") + "\n"
        return output
    }
}
