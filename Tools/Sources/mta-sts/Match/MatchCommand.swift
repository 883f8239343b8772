// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mta-sts match`.
struct MatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "Tell whether an mx pattern of a policy matches the name of an MX host.",
        discussion: """
            Exit codes: 0 it matches; 1 it does not; 2 the pattern or the host is none.

            Example: mta-sts match "*.example.com" mail.example.com
            """
    )

    @Argument(help: "An mx value of a policy, such as mail.example.com or *.example.com.")
    var pattern: String

    @Argument(help: "The exchange name of an MX record; U-labels are converted.")
    var host: String

    func run() async throws { try PatternMatch.output(pattern: pattern, host: host).finish() }
}
