// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mta-sts demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole of MTA-STS step by step, without any network."
    )

    func run() async throws {
        try CommandOutput(output: try await DemoStory().told()).finish()
    }
}
