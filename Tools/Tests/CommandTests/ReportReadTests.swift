// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSZLIB
import RequirementTrait
import TLSRPT
import Testing

@testable import mta_sts

struct ReportReadTests {
    private static let hostile = "\u{1B}[31m\u{202E}</title><script>alert(1)</script>\"'&\r\nx"

    private func read(_ names: [String], trust: MailTrust = .unchecked) -> ReportTally {
        var tally = ReportTally(trust: trust)
        ReportSources().read(names) {
            tally.addDamaged($0, reason: $1)
        } report: {
            tally.add($0)
        }
        return tally
    }

    @Test func aWeekAsText() throws {
        let text = SampleReports.tally(SampleReports.week).text()
        #expect(try text == Golden.text("report-read.txt", recording: text))
        for line in text.split(separator: "\n") { #expect(line.count <= TextTable.lineWidth, "\(line)") }
    }

    @Test func aWeekAsJSON() throws {
        let json = SampleReports.tally(SampleReports.week).json
        #expect(try json == Golden.text("report-read.json", recording: json))
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(object?["reports"] as? Int == 21)
    }

    @Test func everyFormIsReadAndSumsAreTheSame() async throws {
        let reports = (Int64(0)..<5).map { SampleReports.report(days: $0) }
        try await TemporaryFolder.with { folder in
            let zlib = ZLIBCompression()
            try folder.write(reports[0].json(), "a.json")
            try folder.write(try zlib.gzip(reports[1].json()), "deep/er/b.gz")
            try folder.write(try SampleReports.mail(reports[2]), "c.eml")
            var mailbox = Array("From a@b Thu Jan  1 00:00:00 2026\n".utf8) + (try SampleReports.mail(reports[3]))
            mailbox += Array("\nFrom a@b Thu Jan  1 00:00:00 2026\nSubject: x\n\nno report\n".utf8)
            mailbox += Array("\nFrom a@b Thu Jan  1 00:00:00 2026\n".utf8) + (try SampleReports.mail(reports[4]))
            try folder.write(mailbox, "d.mbox")
            let tally = read([folder.path])
            #expect(tally.damaged.count == 0, "\(tally.damaged)")
            #expect(tally.reports == 5)
            #expect(tally.otherMails == 1)
            #expect((tally.counts.ok, tally.counts.failed) == (475, 25))
            #expect(tally.exitCode == 0)
            #expect(tally.deviations.values.isEmpty, "\(tally.deviations.values)")
        }
    }

    @Test func damagedFilesAreNamedAndTheOthersRead() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write(SampleReports.report().json(), "a.json")
            let cut = try folder.write(try ZLIBCompression().gzip(SampleReports.report().json()).dropLast(9), "b.gz")
            let wrong = try folder.write("{\"policies\": 1}".utf8, "c.json")
            let missing = folder.path + "/missing\u{1B}[2J"
            let tally = read([folder.path, missing])
            #expect(tally.reports == 1)
            #expect(tally.damaged.listed.map(\.origin) == [cut, wrong, missing])
            #expect(tally.exitCode == 1)
            let text = tally.text()
            #expect(text.contains("the compressed data is damaged"))
            #expect(!text.contains("\u{1B}"))
            #expect(read([wrong, missing]).exitCode == 2)
            #expect(read([]).exitCode == 2)
        }
    }

    @Test func theFirstDayOfTheCalendarIsShown() {
        var report = SampleReports.report()
        report.dateRange.start = UnixTime(secondsSinceEpoch: -62_135_596_800)
        #expect(SampleReports.tally([report]).text().contains("0001-01-01 to 2026-01-01"))
    }

    /// sys4 and Postfix write reports without it.
    @Test(.proves("R-JSON-09")) func anEntryWithoutADomainIsOfTheOneThatTheMailNames() async throws {
        let filter = ReportFilter(domains: [try DomainName(parsing: "example.com")])
        var report = SampleReports.report()
        report.policies[0].policy.domain = nil
        func domains(stated: String?) -> [String] {
            var tally = ReportTally(filter: filter)
            _ = tally.add(report, from: "a", stated: stated.flatMap { DomainName($0) })
            return Array(tally.domains.values.keys)
        }
        #expect(domains(stated: "example.com") == ["example.com"])
        #expect(domains(stated: "example.net") == [])
        // It may be about any.
        #expect(domains(stated: nil) == [""])
    }

    @Test(.proves("R-SEND-20")) func duplicatesAreCountedOnce() {
        let report = SampleReports.report()
        let tally = SampleReports.tally([report, report, SampleReports.report(days: 1)])
        #expect((tally.reports, tally.duplicates) == (2, 1))
        #expect(tally.counts.all == 200)
    }

    @Test func theFilterLeavesOut() throws {
        func counts(_ filter: ReportFilter) -> [Int] {
            let tally = SampleReports.tally(SampleReports.week, filter)
            return [tally.reports, tally.excluded, tally.counts.all]
        }
        let other = try DomainName(parsing: "other.example")
        #expect(counts(ReportFilter(domains: [other])) == [7, 14, 52])
        let day = SampleReports.day
        #expect(counts(ReportFilter(since: day.advanced(by: 1), until: day.advanced(by: 2)))[0] == 6)
        #expect(counts(ReportFilter(since: day.advanced(by: 6)))[0] == 3)
        #expect(counts(ReportFilter(until: day.advanced(by: -1))) == [0, 21, 0])
    }

    @Test func aReportWithoutRangeIsCountedUnlessDaysAreAskedFor() {
        var report = SampleReports.report()
        report.dateRange = TLSReport.DateRange(start: nil, end: nil)
        #expect(SampleReports.tally([report]).reports == 1)
        #expect(SampleReports.tally([report], ReportFilter(since: SampleReports.day)).reports == 0)
        #expect(!ReportChart.svg(SampleReports.tally([report])).isEmpty)
    }

    @Test(.proves("R-SEND-21")) func nothingOfAReportActsOnATerminalOrInTheChart() throws {
        let report = SampleReports.report(
            from: Self.hostile,
            domain: Self.hostile,
            details: [
                SampleReports.detail(
                    TLSResultType(rawValue: Self.hostile),
                    Self.hostile,
                    5,
                    reason: Self.hostile + String(repeating: "long ", count: 9_000)
                )
            ],
            id: "1"
        )
        let tally = SampleReports.tally([report])
        let chart = ReportChart.svg(tally)
        for text in [tally.text(), chart, ReportChart.escaped(Self.hostile)] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
        }
        #expect(!chart.contains("<script"))
        #expect(chart.contains("&lt;script&gt;"))
        #expect(tally.text().count < 20_000)
        for line in tally.text().split(separator: "\n") { #expect(line.count <= 400) }
        // JSON escapes what would act on a terminal, and keeps the text.
        #expect(!tally.json.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test func sumsStayAtTheGreatestNumber() {
        let tally = SampleReports.tally([
            SampleReports.report(ok: .max, failed: .max), SampleReports.report(days: 1, ok: .max, failed: 2),
        ])
        #expect((tally.counts.ok, tally.counts.failed, tally.counts.all) == (.max, .max, .max))
        #expect(tally.text().contains("\(Int.max)"))
        #expect(ReportChart.svg(tally).contains("</svg>"))
        #expect(!tally.json.isEmpty)
    }

    @Test func tablesAreBounded() {
        var table = BoundedTable<Int, Int>(limit: 3)
        for key in 0..<10 { table.count(key % 5, 2) }
        #expect(table.values == [0: 4, 1: 4, 2: 4])
        #expect(table.others == 8)
    }

    @Test(
        arguments: [
            (0, 0, nil), (1, 0, "0.0"), (0, 1, "100.0"), (999, 1, "0.1"), (99_999, 1, "<0.1"), (2, 1, "33.3"),
        ] as [(Int, Int, String?)]
    )
    func percent(_ ok: Int, _ failed: Int, _ expected: String?) {
        var counts = SessionCounts()
        counts.add(ok: ok, failed: failed)
        #expect(counts.failedPercent == expected)
    }

    @Test(arguments: [
        ("2026-01-01", true), ("2026-02-29", false), ("2024-02-29", true), ("2026-1-1", false), ("2026-13-01", false),
        ("2026-01-01T00:00:00Z", false), ("", false), ("9999-99-99", false), ("２026-01-01", false),
    ])
    func days(_ text: String, _ isDay: Bool) {
        #expect((ReportDay(date: text)?.description == text) == isDay)
    }

    @Test func adviceIsShown() throws {
        let policy = try STSPolicy(parsing: "version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 86400\n")
        var advisor = RolloutAdvisor(
            policyDomain: try DomainName(parsing: "example.com"),
            policy: policy,
            today: SampleReports.day.advanced(by: 7)
        )
        for report in SampleReports.week { advisor.add(report) }
        let tally = SampleReports.tally(SampleReports.week)
        let output = ReportAdviseCommand.output(advisor.advice(), tally, style: .plain)
        #expect(try output.output == Golden.text("report-advise.txt", recording: output.output))
        #expect(output.exitCode == 1)
        for line in output.output.split(separator: "\n") { #expect(line.count <= TextTable.lineWidth, "\(line)") }
    }
}

struct ReportChartTests {
    @Test func aWeek() throws {
        let chart = ReportChart.svg(SampleReports.tally(SampleReports.week))
        #expect(try chart == Golden.text("report-chart.svg", recording: chart))
    }

    @Test func thePartsMakeUpTheFailedSessions() throws {
        let details = [
            SampleReports.detail(.certificateExpired, nil, 6), SampleReports.detail(.validationFailure, nil, 6),
        ]
        let overlapping = SampleReports.report(ok: 0, failed: 8, details: details)
        let unexplained = SampleReports.report(days: 1, ok: 0, failed: 20, details: details)
        let data = ChartData(SampleReports.tally([overlapping, unexplained]))
        #expect(data.parts == [.type("certificate-expired"), .type("validation-failure"), .unexplained])
        #expect(data.bars.map { $0?.shares } == [[4, 4, 0], [6, 6, 8]])
    }

    @Test func rareTypesShareAColor() throws {
        let details = (1...9).map { SampleReports.detail(TLSResultType(rawValue: "type-\($0)"), nil, 10 - $0) }
        let data = ChartData(SampleReports.tally([SampleReports.report(failed: 45, details: details)]))
        #expect(data.parts == (1...6).map { .type("type-\($0)") } + [.otherTypes])
        #expect(try #require(data.bars.first ?? nil).shares.last == 6)
    }

    @Test func manyDaysMakeFewBars() throws {
        for (days, step) in [(1, 1), (62, 1), (63, 2), (365, 6), (3_652_000, 58_904)] as [(Int64, Int64)] {
            let reports = [SampleReports.report(), SampleReports.report(days: days - 1, id: "last")]
            let data = ChartData(SampleReports.tally(days == 1 ? [reports[0]] : reports))
            #expect(data.daysPerBar == step)
            #expect(data.bars.count <= ChartData.maximumBars)
            #expect(data.bars.last.map { $0 != nil } == true)
            #expect(data.bars.compactMap { $0?.ok }.reduce(0, +) == (days == 1 ? 95 : 190))
        }
    }

    @Test func nothingToShow() {
        #expect(ReportChart.svg(ReportTally()).contains("no sessions"))
        #expect(ReportChart.svg(SampleReports.tally([SampleReports.report(failed: 0)])).contains("no failed sessions"))
    }

    @Test func numbersAreGrouped() {
        #expect([0, 999, 1_000, 1_234_567].map { ReportChart.grouped($0) } == ["0", "999", "1,000", "1,234,567"])
        #expect(ReportChart.grouped(1e30) == "9,000,000,000,000,000,000")
    }
}
