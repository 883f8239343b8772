// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSTesting
import RequirementTrait
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
