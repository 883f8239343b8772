// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mta-sts report`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Read, judge, write and send TLS reports (RFC 8460).",
        subcommands: [
            ReportReadCommand.self, ReportAdviseCommand.self, ReportBuildCommand.self, ReportSendCommand.self,
        ]
    )
}
