// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MTASTS

/// `mta-sts report advise`.
struct ReportAdviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise",
        abstract: "Say from TLS reports whether a policy can go from testing to enforce, and what to mend first.",
        discussion: """
            \(ReportSourceOptions.discussionOfSignatures) Without \
            --authserv-id and --trust-unsigned nothing is called safe on the ground of mails.

            It takes one --domain.

            Exit codes: 0 it can; 1 it would stop mail, or not enough is known; 2 the policy cannot be read or there was \
            no report.

            Examples:
              mta-sts report advise --domain example.com --policy mta-sts.txt reports/
              mta-sts report advise --domain example.com --policy mta-sts.txt \\
                --authserv-id mx.example.com Maildir/new
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
        let tally = sources.tally { report, stated in advisor.add(report, stated: stated) }
        try Self.output(advisor.advice(), tally, style: .standardOutput).finish()
    }

    /// The advice as text, with what could not be read or was left out on standard error.
    static func output(_ advice: RolloutAdvice, _ tally: ReportTally, style: Style) -> CommandOutput {
        var output = CommandOutput(output: advice.text(style: style, uncheckedMails: tally.unchecked))
        output.errors = warnings(tally.damaged, "not read") + warnings(tally.unsigned, "left out")
        output.exitCode = tally.reports == 0 ? 2 : advice.verdict == .safe && tally.unchecked == 0 ? 0 : 1
        return output
    }

    private static func warnings(_ omissions: Omissions, _ what: String) -> String {
        let shown = omissions.listed.prefix(20)
        let lines = shown.map { "warning: \(SafeText.of($0.origin)): \(what): \(SafeText.of($0.reason))\n" }
        let more = omissions.count - shown.count
        return lines.joined()
            + (more > 0 ? "warning: \(more) more \(what); mta-sts report read --all names them\n" : "")
    }
}

extension RolloutAdvice {
    /// The advice for people.
    ///
    /// - Parameter uncheckedMails: How many of the reports came by mail and were not checked for a signature.
    func text(style: Style = .plain, uncheckedMails: Int = 0) -> String {
        var lines = [verdictText(style, uncheckedMails)] + missing(uncheckedMails)
        if let range {
            let kept = sessions - stoppedSessions
            lines.append(
                "  \(counted(days, "day")) with reports, \(range.lowerBound) to \(range.upperBound); "
                    + "\(counted(sessions, "session")) under the policy,"
            )
            lines.append("  \(kept) that mode enforce lets through, \(stoppedSessions) that it would have stopped")
        }
        if unnamedFailures > 0 {
            lines.append(
                Self.item("\(counted(unnamedFailures, "failed session")) of a policy whose domain nobody names")
            )
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

    private func verdictText(_ style: Style, _ uncheckedMails: Int) -> String {
        switch verdict {
        case .safe where uncheckedMails > 0:
            style.yellow("Nothing is called safe") + " on the ground of mails that nobody checked."
        case .safe: style.green("Mode enforce is safe") + " as far as the reports show."
        case .wouldStopMail: style.red("Mode enforce would stop mail.") + " Mend what is below first."
        case .tooFewReports: style.yellow("Not enough is known") + " to say whether mode enforce is safe."
        }
    }

    /// What is missing, and where to get it.
    private func missing(_ uncheckedMails: Int) -> [String] {
        var items = (verdict == .tooFewReports ? gaps : []).map { gap in
            switch gap {
            case .days: "Too few days have reports: wait for more, or ask for fewer by --days."
            case .successes: "No session kept the policy."
            case .recentReports:
                "The last day reported is \(range.map { "\($0.upperBound)" } ?? "unknown"), too long ago: add the newest "
                    + "reports, or see why none come."
            }
        }
        if uncheckedMails > 0 {
            items.append(
                "\(counted(uncheckedMails, "report")) came by mail, which anybody can write: name the server that checks "
                    + "their DKIM signatures by --authserv-id, or say --trust-unsigned if it let no others through."
            )
        }
        return items.map(Self.item)
    }

    private static func item(_ text: String) -> String { "  - " + text.wrapped(to: 80, indent: "    ") }
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
