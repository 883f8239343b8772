// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command `mta-sts`.
@main
struct MTASTSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mta-sts",
        abstract: "Check, write and understand MTA-STS policies (RFC 8461).",
        discussion: """
            New to MTA-STS? Run "mta-sts demo": it needs no network.

            Exit codes: 0 all is well; 1 something was found; 2 it could not be found out. \
            64 means that the command line itself is wrong.
            """,
        version: "mta-sts 0.1.0",
        subcommands: [
            DemoCommand.self, CheckCommand.self, LintCommand.self, MatchCommand.self, GenerateCommand.self,
            ReportCommand.self,
            ConformanceCommand.self,
        ]
    )

    static func main() async {
        Terminal.ignoreBrokenPipes()
        await main(nil)
    }
}
