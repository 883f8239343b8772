// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MTASTS
import MTASTSFoundation

/// `mta-sts report read`.
struct ReportReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read TLS reports and print what they say together.",
        discussion: """
            Files may be JSON, gzip, zip, mail or mbox, told by their content; a folder stands for all in it. Duplicates \
            are left out. What reports say is untrusted: nothing is fetched.

            --json has reports, duplicates, excluded, otherMails, first, last (seconds since 1970), ok, failed, and the \
            lists domains, senders, mxHosts, resultTypes with reasons, days, deviations, findings and notRead.

            Exit codes: 0 all was read; 1 a file was damaged; 2 there was no report.

            Examples:
              mta-sts report read reports/
              mta-sts report read --domain example.com --since 2026-01-01 --chart week.svg Maildir/new
            """
    )

    @OptionGroup var sources: ReportSourceOptions

    @Flag(help: "Print one JSON object with all rows.")
    var json = false

    @Flag(help: "Print all rows of the tables.")
    var all = false

    @Option(help: ArgumentHelp("Draw the sessions per day into this SVG file.", valueName: "file.svg"))
    var chart: String?

    func validate() throws {
        guard chart?.lowercased().hasSuffix(".svg") ?? true else {
            throw ValidationError("--chart takes a file name that ends in .svg.")
        }
    }

    func run() async throws {
        let tally = sources.tally()
        var output = CommandOutput(exitCode: tally.exitCode)
        output.output = json ? tally.json : tally.text(style: .standardOutput, showsAll: all)
        if let chart {
            do {
                try Data(ReportChart.svg(tally).utf8).write(to: URL(filePath: chart), options: .atomic)
            } catch {
                output.errors = "error: cannot write \(SafeText.of(chart)): \(error.localizedDescription)\n"
                output.exitCode = 2
            }
        }
        try output.finish()
    }
}

/// Where reports are read from, and which are counted.
struct ReportSourceOptions: ParsableArguments {
    @Argument(help: "Files and folders; - is standard input.", completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("Count this policy domain only; repeatable.", valueName: "domain"))
    var domain: [String] = []

    @Option(help: ArgumentHelp("Count reports on this day (UTC) and later only.", valueName: "yyyy-mm-dd"))
    var since: String?

    @Option(help: ArgumentHelp("Count reports on this day (UTC) and earlier only.", valueName: "yyyy-mm-dd"))
    var until: String?

    func validate() throws { _ = try filter }

    /// The filter that the options make.
    var filter: ReportFilter {
        get throws {
            ReportFilter(
                domains: Set(try domain.map(Self.name)),
                since: try since.map { try Self.day($0, "--since") },
                until: try until.map { try Self.day($0, "--until") }
            )
        }
    }

    static func name(_ text: String) throws -> DomainName {
        do {
            return try DomainName(convertingULabels: text)
        } catch {
            throw ValidationError("\"\(SafeText.of(text))\" is no domain name.")
        }
    }

    static func day(_ text: String, _ option: String) throws -> ReportDay {
        guard let day = ReportDay(date: text) else {
            throw ValidationError("\(option) takes a day such as 2026-01-31.")
        }
        return day
    }

    /// Reads all and counts it; `each` sees every report that is counted.
    func tally(each: (TLSReport) -> Void = { _ in }) -> ReportTally {
        var tally = ReportTally(filter: (try? filter) ?? ReportFilter())
        ReportSources().read(files) { name, reason in
            tally.addDamaged(name, reason: reason)
        } report: { file in
            tally.add(file)
            if case .success(let reading) = file.result { each(reading.report) }
        }
        return tally
    }
}
