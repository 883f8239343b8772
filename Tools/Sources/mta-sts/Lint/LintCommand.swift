// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mta-sts lint`.
struct LintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Examine a policy file or a TXT record and say what to do about it.",
        discussion: """
            Exit codes: 0 nothing but notes; 1 warnings or errors; 2 the file cannot be read.

            Examples:
              mta-sts lint policy mta-sts.txt
              curl -s https://mta-sts.example.com/.well-known/mta-sts.txt |
                mta-sts lint policy
              echo 'v=STSv1; id=20260101T000000;' | mta-sts lint record
            """,
        subcommands: [Record.self, Policy.self]
    )

    /// What both kinds take.
    struct Options: ParsableArguments {
        @Argument(help: "The file; - or nothing is standard input.")
        var file = "-"

        @Flag(help: "Print one JSON object.")
        var json = false

        func run(_ kind: LintReport.Kind) throws {
            let octets: [UInt8]
            do {
                octets = try InputFile.octets(of: file)
            } catch {
                try CommandOutput.failure("\(error)").finish()
                return
            }
            let report = LintReport(kind, name: file == "-" ? "<stdin>" : file, octets: octets)
            try report.output(json: json, style: .standardOutput).finish()
        }
    }

    /// `mta-sts lint record`.
    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Examine the text of an _mta-sts TXT record.",
            discussion: "One line end after the text is not taken for a part of it."
        )

        @OptionGroup var options: Options

        func run() async throws { try options.run(.record) }
    }

    /// `mta-sts lint policy`.
    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Examine a policy file.")

        @OptionGroup var options: Options

        func run() async throws { try options.run(.policy) }
    }
}
