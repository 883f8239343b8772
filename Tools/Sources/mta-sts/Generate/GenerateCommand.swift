// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mta-sts generate`.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write what a domain has to publish: policy file, TXT record, nginx snippet, steps.",
        discussion: """
            What is not given as an option is asked for on a terminal. What strict senders would refuse is refused.

            Exit codes: 0 written; 1 refused, with advice; 2 the files cannot be written.

            Example:
              mta-sts generate --domain example.com --mode testing --max-age 1d \\
                --mx mail.example.com
            """
    )

    @Option(help: "The domain, as it stands after the @ of mail addresses; U-labels are converted.")
    var domain: String?

    @Option(help: "testing, enforce or none.")
    var mode: String?

    @Option(
        help: ArgumentHelp(
            "How long senders keep the policy: seconds, or a number with h, d or w.",
            valueName: "time"
        )
    )
    var maxAge: String?

    @Option(help: ArgumentHelp("An MX host, or *. and a domain for all hosts one label below it; repeatable."))
    var mx: [String] = []

    @Option(help: ArgumentHelp("Write files into this folder instead of to standard output.", valueName: "folder"))
    var output: String?

    @Flag(help: "Replace files that are there.")
    var force = false

    func run() async throws {
        var answers = PublicationAnswers(domain: domain, mode: mode, maxAge: maxAge, mx: mx)
        let missing = answers.missing
        if !missing.isEmpty {
            guard Terminal.Stream.input.isTerminal, Terminal.Stream.error.isTerminal else {
                throw ValidationError("Missing: \(missing.joined(separator: ", ")). On a terminal they are asked for.")
            }
            answers.ask { question in
                Terminal.write(question, to: .error)
                return readLine()
            }
        }
        try Publication.output(answers, folder: output, replacing: force).finish()
    }
}
