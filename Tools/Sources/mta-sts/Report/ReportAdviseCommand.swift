// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MTASTS

/// `mta-sts report advise`.
struct ReportAdviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise",
        abstract: "Say from TLS reports whether a policy can go from testing to enforce, and what to mend first.",
        discussion: """
            Exit codes: 0 it can; 1 it would stop mail, or there are too few reports; 2 the policy cannot be read or there \
            was no report.

            Example:
              mta-sts report advise --domain example.com --policy mta-sts.txt reports/
            """
    )

    @OptionGroup var sources: ReportSourceOptions

    @Option(help: ArgumentHelp("The policy that the domain publishes.", valueName: "file"))
    var policy: String

    @Option(help: ArgumentHelp("The days that must have reports before anything is called safe.", valueName: "number"))
    var days = 14

    func validate() throws {
        guard sources.domain.count == 1 else { throw ValidationError("Name one --domain.") }
        guard (1...366).contains(days) else { throw ValidationError("--days is 1 to 366.") }
    }

    func run() async throws {
        guard let name = sources.domain.first else { return }
        let text: STSPolicy
        do {
            text = try STSPolicy(parsing: String(decoding: try InputFile.octets(of: policy), as: UTF8.self))
        } catch {
            return try CommandOutput.failure("the policy cannot be used: \(error)").finish()
        }
        var advisor = RolloutAdvisor(
            policyDomain: try ReportSourceOptions.name(name),
            policy: text,
            today: ReportDay(containing: SystemWallClock().now),
            options: RolloutAdvisor.Options(daysNeeded: days)
        )
        let filter = try sources.filter
        let tally = sources.tally { report in
            if filter.includes(day: report.dateRange.start.map { ReportDay(containing: $0) }) { advisor.add(report) }
        }
        try Self.output(advisor.advice(), tally, style: .standardOutput).finish()
    }

    /// The advice as text, with what could not be read on standard error.
    static func output(_ advice: RolloutAdvice, _ tally: ReportTally, style: Style) -> CommandOutput {
        var output = CommandOutput(output: advice.text(style: style))
        output.errors = tally.damaged
            .map { "warning: \(SafeText.of($0.origin)): \(SafeText.of($0.reason))\n" }.joined()
        output.exitCode = tally.reports == 0 ? 2 : advice.verdict == .safe ? 0 : 1
        return output
    }
}

extension RolloutAdvice {
    /// The advice for people.
    func text(style: Style = .plain) -> String {
        var lines = [verdictText(style)]
        if let range {
            let kept = sessions - stoppedSessions
            lines.append(
                "  \(counted(days, "day")) with reports, \(range.lowerBound) to \(range.upperBound); "
                    + "\(counted(sessions, "session")) under the policy,"
            )
            lines.append("  \(kept) that mode enforce lets through, \(stoppedSessions) that it would have stopped")
        }
        if !obstacles.isEmpty { lines += ["", style.bold("What failed, what to mend first at the head")] }
        for (index, obstacle) in obstacles.prefix(20).enumerated() { lines += obstacle.lines(index + 1, style) }
        if obstacles.count > 20 { lines.append("  and \(obstacles.count - 20) more") }
        var table = TextTable("Senders", "sessions", "stopped", "without policy")
        for sender in senders.prefix(20) {
            table.add(sender.name, "\(sender.sessions)", "\(sender.stoppedSessions)", "\(sender.sessionsWithoutPolicy)")
        }
        let senderLines = table.lines(style: style)
        if !senderLines.isEmpty { lines += [""] + senderLines }
        return lines.joined(separator: "\n") + "\n"
    }

    private func verdictText(_ style: Style) -> String {
        switch verdict {
        case .safe: style.green("Mode enforce is safe") + " as far as the reports show."
        case .wouldStopMail: style.red("Mode enforce would stop mail.") + " Mend what is below first."
        case .tooFewReports: style.yellow("There are too few reports") + " to say whether mode enforce is safe."
        }
    }
}

extension RolloutAdvice.Obstacle {
    fileprivate func lines(_ number: Int, _ style: Style) -> [String] {
        let type = resultType.map { SafeText.of($0.rawValue, limit: 40) } ?? "not explained"
        let host = mxHost.map { " at \(TextTable.fitting($0, 40))" } ?? ""
        let seen = lastSeen.map { ", last on \($0)" } ?? ""
        var lines = ["  \(number). \(style.bold(type))\(host): \(counted(sessions, "session"))\(seen)"]
        func add(_ text: String) {
            lines.append("     " + SafeText.of(text, limit: 600).wrapped(to: 80, indent: "     "))
        }
        switch (effect, standing) {
        case (_, .notSeenLately): add("Not seen lately.")
        case (_, .settledByPolicy): add("The published policy matches this host now.")
        case (.stopsMail, .stands): add("Mode enforce stops this mail.")
        case (.leavesMailUnprotected, .stands): add("Mail goes out as if there were no policy.")
        }
        if !reasons.isEmpty { add("Reasons: \(reasons.joined(separator: ", "))") }
        add(
            "From \(senders.prefix(4).joined(separator: ", "))\(senders.count > 4 ? " and \(senders.count - 4) more" : "")"
        )
        add("To do: \(remedy)")
        return lines
    }
}
