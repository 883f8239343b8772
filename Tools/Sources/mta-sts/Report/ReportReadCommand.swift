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

            \(ReportSourceOptions.discussionOfSignatures) Without \
            --authserv-id and --trust-unsigned mails are counted and told as unchecked.

            --json has reports, duplicates, excluded, otherMails, unchecked, first, last (seconds since 1970), ok, \
            failed, and the lists domains, senders, mxHosts, resultTypes with reasons, days, deviations, findings, \
            notRead and unsigned.

            Exit codes: 0 all was read; 1 a file was damaged; 2 there was no report.

            Examples:
              mta-sts report read reports/
              mta-sts report read --since 2026-01-01 --chart week.svg \\
                --authserv-id mx.example.com Maildir/new
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

    static let discussionOfSignatures = """
        A report by mail without a valid DKIM signature of its submitter must be ignored (RFC 8460 section 3). Your mail \
        server checks it and writes Authentication-Results (RFC 8601) under a name of its own, which --authserv-id \
        takes. Files that are no mail are believed: you put them there.
        """

    @Option(
        help: ArgumentHelp(
            "Count this policy domain only, and entries that nobody names one for; repeatable.",
            valueName: "domain"
        )
    )
    var domain: [String] = []

    @Option(help: ArgumentHelp("Count reports on this day (UTC) and later only.", valueName: "yyyy-mm-dd"))
    var since: String?

    @Option(help: ArgumentHelp("Count reports on this day (UTC) and earlier only.", valueName: "yyyy-mm-dd"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "Leave out reports by mail unless the server of this name found them signed by their submitter.",
            valueName: "name"
        )
    )
    var authservID: String?

    @Flag(help: "Believe all mails: a server let no others into this folder.")
    var trustUnsigned = false

    func validate() throws {
        _ = try filter
        guard authservID == nil || !trustUnsigned else {
            throw ValidationError("--authserv-id and --trust-unsigned exclude each other.")
        }
        guard authservID.map({ !$0.isEmpty }) ?? true else { throw ValidationError("--authserv-id takes a name.") }
    }

    /// Which mails are believed.
    var trust: MailTrust { authservID.map { .signed(checkedBy: $0) } ?? (trustUnsigned ? .all : .unchecked) }

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
    ///
    /// - Parameter each: Called with the report, and with the domain that its mail or its file name says it is about.
    func tally(each: (TLSReport, DomainName?) -> Void = { _, _ in }) -> ReportTally {
        var tally = ReportTally(filter: (try? filter) ?? ReportFilter(), trust: trust)
        ReportSources().read(files) { name, reason in
            tally.addDamaged(name, reason: reason)
        } report: { file in
            if let report = tally.add(file) { each(report, file.statedDomain) }
        }
        return tally
    }
}
