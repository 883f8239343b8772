// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSTesting
import RequirementTrait
import Synchronization
import TLSRPTFiles
import Testing

/// From sessions that were counted to reports that were sent.
struct TallyReportsTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tally-\(UUID())").path

    private func fill(_ folder: TallyFolder, _ domains: [DomainName], at moment: UnixTime) async throws {
        let counter = SessionCounter(clock: ManualWallClock(moment))
        for domain in domains { counter.count(.success, under: .noPolicyFound(domain), for: domain) }
        try await folder.flush(counter)
    }

    private final class Problems: Sendable {
        private let state = Mutex<[TallyFolder.Problem]>([])
        var all: [TallyFolder.Problem] { state.withLock { $0 } }
        func add(_ problem: TallyFolder.Problem) { state.withLock { $0.append(problem) } }
    }

    private func given(_ source: TallyReports, _ day: ReportDay) async throws -> [DomainName: TLSReport] {
        let reports = Mutex<[DomainName: TLSReport]>([:])
        try await source.forEachReport(on: day, where: { _ in true }) { domain, report in
            reports.withLock { $0[domain] = report }
        }
        return reports.withLock { $0 }
    }

    @Test("Sessions that come when their report was sent, or without a domain, are told when their day is removed")
    func untold() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let problems = Problems()
        let folder = try TallyFolder(directory: directory, reportProblem: { problems.add($0) })
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        let source = TallyReports(folder: folder, sender: sender)
        let moment = UnixTime(secondsSinceEpoch: 1_767_268_800)
        let day = ReportDay(containing: moment)
        let asked = try DomainName(parsing: "asked.example")
        let silent = try DomainName(parsing: "silent.example")
        try await fill(folder, [asked, asked, silent], at: moment)
        let first = try await given(source, day)
        #expect(first.count == 2)
        #expect(first[asked]?.reportID == "2026-01-01.asked.example@sender.example")
        try await source.finish(asked, on: day, outcome: .sent(to: []))
        try await source.finish(silent, on: day, outcome: .notAsked(reason: "no record"))
        // Flushed by another process.
        try await fill(folder, [asked, silent], at: moment)
        let crowded = SessionCounter(clock: ManualWallClock(moment), limits: SessionLimits(domains: 1))
        for domain in [silent, asked, asked] {
            crowded.count(.success, under: .noPolicyFound(domain), for: domain)
        }
        try await folder.flush(crowded)
        #expect(try await given(source, day).isEmpty)
        try await folder.compact(day)
        try await source.finish(day)
        #expect(
            problems.all == [
                .sessionsTooLate(day, SessionTotals(successful: 1)),
                .sessionsWithoutDomain(day, SessionTotals(successful: 2)),
            ]
        )
        #expect(try await folder.days().isEmpty)
        // The day begins anew: another report, which must not look like the first.
        try await fill(folder, [asked], at: moment)
        #expect(try await given(source, day)[asked]?.reportID == "2026-01-01+2.asked.example@sender.example")
        try await source.finish(asked, on: day, outcome: .sent(to: []))
        try await source.finish(day)
        #expect(problems.all.count == 2)
    }

    @Test(
        "Numbers in the list of sent reports that no report has count for nothing, and are added without a trap",
        arguments: ["\(Int.min) \(Int.min)", "\(Int.max) \(Int.max)", "-1 -1", "1", "a b"]
    )
    func tampered(numbers: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let problems = Problems()
        let folder = try TallyFolder(directory: directory, reportProblem: { problems.add($0) })
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        let moment = UnixTime(secondsSinceEpoch: 1_767_268_800)
        let day = ReportDay(containing: moment)
        try await fill(folder, [try DomainName(parsing: "asked.example")], at: moment)
        let list = Data("\nasked.example \(numbers)!\n".utf8)
        try list.write(to: URL(filePath: "\(directory)/\(day)/finished"))
        let source = TallyReports(folder: folder, sender: sender)
        #expect(try await given(source, day).isEmpty)
        try await source.finish(day)
        #expect(problems.all.isEmpty)
        #expect(try await folder.days().isEmpty)
    }

    @Test(.proves("R-JSON-05"))
    func eachReportIsSentOnceDespiteRestarts() async throws {
        let world = try ReportingWorld()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let domains = try (0..<30).map { try #require(DomainName("d\($0).example.com")) }
        for domain in domains {
            world.publish("https://\(domain)/", for: domain)
            world.reports.answer(.status(200), at: "https://\(domain)/")
        }
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@\(world.submitter)")
        var folder = try TallyFolder(directory: directory)
        try await fill(folder, domains, at: world.day.start.advanced(bySeconds: 60))
        // A crash has cut a line of the list of what is done.
        let list = "\(directory)/\(world.day)/finished"
        try Data("d0.example.com".utf8).write(to: URL(fileURLWithPath: list))
        for _ in 0..<30 where FileManager.default.fileExists(atPath: list) {
            folder = try TallyFolder(directory: directory)
            let source = TallyReports(folder: folder, sender: sender)
            let task = Task { await world.reporter().run(reportsOf: source) }
            for _ in 0..<10 {
                await world.clock.waitForSleepers()
                world.advance(seconds: 60)
            }
            await world.clock.waitForSleepers()
            task.cancel()
            await task.value
        }
        #expect(try await folder.days().isEmpty)
        #expect(Set(world.reports.attempts).count == 30 && world.reports.attempts.count == 30)
        let ids = world.reports.posts.compactMap { try? TLSReport.read(json: $0.body).report.reportID }
        #expect(Set(ids) == Set(domains.map { "\(world.day).\($0)@sender.example" }))
    }
}
