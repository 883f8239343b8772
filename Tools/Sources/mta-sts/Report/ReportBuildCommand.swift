// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MTASTS
import MTASTSZLIB
import TLSRPTFiles

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

            The file of another report is never overwritten; that of the same report-id is.

            Exit codes: 0 written; 1 a line or a report was refused, the others are written; 2 nothing could be written.

            Example:
              mta-sts report build --organization "Example Org" \\
                --contact tls@sender.example --day 2026-01-01 --output reports \\
                sessions.jsonl
            """
    )

    @Argument(help: "Files with recorded sessions; - is standard input.", completion: .file())
    var files: [String] = []

    @Option(
        help: ArgumentHelp("Instead of files: a folder of tallies, as a mail server keeps it.", valueName: "folder")
    )
    var tally: String?

    @Option(help: ArgumentHelp("The sender's name in the reports.", valueName: "name"))
    var organization: String

    @Option(
        help: ArgumentHelp("The mail address of who is responsible; its domain is the submitter.", valueName: "address")
    )
    var contact: String

    @Option(
        help: ArgumentHelp("Tells several senders of one submitter apart: letters and digits.", valueName: "name")
    )
    var instance: String?

    @Option(help: ArgumentHelp("Report this day (UTC) only.", valueName: "yyyy-mm-dd"))
    var day: String?

    @Flag(help: "Report days that are not over, too. Receivers then drop the report on the whole day.")
    var unfinished = false

    @Option(help: ArgumentHelp("The folder for the reports; it is made if need be.", valueName: "folder"))
    var output: String

    func validate() throws {
        guard files.isEmpty == (tally != nil) else {
            throw ValidationError("Name files with sessions, or a folder by --tally.")
        }
        _ = try build
    }

    private var build: ReportBuild {
        get throws {
            // The report-id may have a hyphen there, the file name may not (RFC 8460 section 5.1).
            guard instance.map({ !$0.contains("-") }) ?? true else {
                throw ValidationError("--instance takes letters and digits.")
            }
            let sender: ReportSender
            do {
                sender = try ReportSender(organizationName: organization, contactInfo: contact, instance: instance)
            } catch {
                throw ValidationError("\(error)")
            }
            return ReportBuild(
                sender: sender,
                day: try day.map { try ReportSourceOptions.day($0, "--day") },
                includesUnfinished: unfinished
            )
        }
    }

    func run() async throws {
        var build = try build
        var writer = ReportWriter(folder: output)
        do {
            for file in files { try build.read(file) }
            try writer.open()
            if let tally {
                // It must be there: a folder that is missing would be made.
                guard FileManager.default.fileExists(atPath: tally) else {
                    throw InputFile.Failure(description: "there is no folder \(SafeText.of(tally))")
                }
                try await build.makeReports(of: try TallyFolder(directory: tally)) { try writer.write($0) }
            } else {
                try build.makeReports { try writer.write($0) }
            }
        } catch {
            return try CommandOutput.failure("\(error)").finish()
        }
        try writer.output(of: build, style: .standardOutput).finish()
    }
}

/// Writes reports into a folder.
struct ReportWriter {
    private let folder: String
    private var table = TextTable("Policy domain", "day", "ok", "failed", "octets")
    private var count = 0
    private var refusals: [String] = []

    init(folder: String) { self.folder = folder }

    private var base: URL { URL(filePath: folder, directoryHint: .isDirectory) }

    /// Makes the folder if need be.
    func open() throws(InputFile.Failure) {
        do {
            try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        } catch {
            throw InputFile.Failure(description: "cannot make \(SafeText.of(folder)): \(error.localizedDescription)")
        }
    }

    /// Writes a report, unless another one has the name of its file.
    mutating func write(_ file: ReportBuild.File) throws(InputFile.Failure) {
        let place = base.appending(path: file.name)
        guard !holdsOther(place, than: file.reportID) else {
            return refusals.append("\(file.name) is there and holds another report")
        }
        do {
            try Data(file.octets).write(to: place, options: .atomic)
        } catch {
            throw InputFile.Failure(description: "cannot write \(file.name): \(error.localizedDescription)")
        }
        count += 1
        let counts = file.counts
        table.add(file.domain.description, "\(file.day)", "\(counts.ok)", "\(counts.failed)", "\(file.octets.count)")
    }

    /// Whether a file is there that is not the report of this name, or cannot be read as one.
    private func holdsOther(_ place: URL, than reportID: String) -> Bool {
        guard FileManager.default.fileExists(atPath: place.path) else { return false }
        guard let octets = try? Data(contentsOf: place) else { return true }
        let found = ReportFileReader(compression: ZLIBCompression()).read(Array(octets))
        return found.count != 1 || (try? found.first?.result.get().report.reportID) != reportID
    }

    /// What was written, and what is wrong.
    func output(of build: ReportBuild, style: Style = .plain) -> CommandOutput {
        let problems = build.problems + refusals
        var output = CommandOutput(exitCode: problems.isEmpty ? 0 : 1)
        output.errors = problems.map { "error: \($0)\n" }.joined()
        if let notice = build.notice { output.errors += "note: \(notice)\n" }
        guard count > 0 else {
            output.errors += "error: there are no sessions to report\n"
            output.exitCode = 2
            return output
        }
        var table = table
        table.setNote("\(counted(count, "report")) of \(counted(build.sessions, "session")) in \(SafeText.of(folder))")
        output.output = table.lines(style: style).joined(separator: "\n") + "\n"
        return output
    }
}
