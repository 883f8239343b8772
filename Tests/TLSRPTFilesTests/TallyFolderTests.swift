// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTSTesting
import STSCore
import Synchronization
import TLSRPT
import TLSRPTFiles
import Testing

/// A folder of its own for one test, removed with the value.
private final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tally-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The octets of a file, 0 if there is none.
    func size(of name: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return attributes?[.size] as? Int ?? 0
    }

    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
    }
}

private final class Problems: Sendable {
    private let state = Mutex<[TallyFolder.Problem]>([])
    var all: [TallyFolder.Problem] { state.withLock { $0 } }
    var report: @Sendable (TallyFolder.Problem) -> Void { { problem in self.state.withLock { $0.append(problem) } } }
}

@Suite("Tallies in a folder")
struct TallyFolderTests {
    private let clock = ManualWallClock()

    private func read(_ folder: TallyFolder, _ day: ReportDay) async throws -> SessionTally {
        let sum = Mutex(SessionTally())
        let last = Mutex<DomainName?>(nil)
        try await folder.forEachDomain(on: day) { domain, tally in
            #expect(last.withLock { $0 }.map { $0 < domain } ?? true)
            last.withLock { $0 = domain }
            #expect(tally.domains(on: day) == [domain])
            sum.withLock { $0.merge(tally) }
        }
        return sum.withLock { $0 }
    }

    @Test("Two processes' flushes of a day of 20,000 sessions over 500 domains come to the totals, compacted or not")
    func simulatedDay() async throws {
        let scratch = try Scratch()
        let problems = Problems()
        let simulated = SimulatedDay(seed: 4, sessions: 20_000, domains: 500)
        let folders = try (0..<2).map { _ in
            try TallyFolder(directory: scratch.path + "/tallies", reportProblem: problems.report)
        }
        let counters = (0..<2).map { _ in SessionCounter(clock: clock) }
        var whole = SessionTally()
        var parts: [SessionTally] = []
        var number = 0
        simulated.forEachSession { session in
            let counter = counters[number % 2]
            session.count(into: counter)
            number += 1
            if number % 250 == 0 { parts.append(counter.drain()) }
        }
        parts += counters.map { $0.drain() }
        for (index, part) in parts.enumerated() {
            whole.merge(part)
            try await folders[index % 2].append(part)
        }
        #expect(try await folders[0].days() == [simulated.day])
        // More segments than are read at once: reading puts some together.
        #expect(scratch.names("tallies/2026-01-01").count > 64)
        #expect(try await read(folders[0], simulated.day) == whole)
        #expect(scratch.names("tallies/2026-01-01").count <= 64)
        try await folders[1].compact(simulated.day)
        #expect(scratch.names("tallies/2026-01-01").count == 1)
        let kept = try await read(folders[0], simulated.day)
        #expect(kept == whole)
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        for (domain, totals) in simulated.totals {
            let report = try #require(kept.report(for: simulated.day, domain: domain, from: sender))
            #expect(report.policies.reduce(0) { $0 + $1.summary.successfulSessions } == totals.successful)
            #expect(report.policies.reduce(0) { $0 + $1.summary.failedSessions } == totals.failed)
            var failures: [TLSResultType: Int] = [:]
            for detail in report.policies.flatMap(\.failureDetails) {
                failures[detail.resultType, default: 0] += detail.failedSessions
            }
            #expect(failures == totals.failures)
        }
        #expect(kept.reports(for: simulated.day, from: sender).count == 500)
        try await folders[0].remove(simulated.day)
        #expect(try await folders[0].days().isEmpty)
        #expect(scratch.names("tallies") == [".compacting", ".lock", ".removals-2026-01-01"])
        #expect(problems.all.isEmpty)
    }

    private func tally(_ count: Int, _ domain: String = "a.example") throws -> SessionTally {
        let counter = SessionCounter(clock: clock)
        let domain = try DomainName(parsing: domain)
        for _ in 0..<count { counter.count(.success, under: .noPolicyFound(domain), for: domain) }
        return counter.drain()
    }

    private var today: ReportDay { ReportDay(containing: clock.now) }

    @Test("A torn segment loses its last line alone, and that is told and kept")
    func torn() async throws {
        let scratch = try Scratch()
        let problems = Problems()
        let folder = try TallyFolder(directory: scratch.path, reportProblem: problems.report)
        var tally = try tally(3)
        tally.merge(try self.tally(4, "b.example"))
        try await folder.append(tally)
        let name = try #require(scratch.names("2026-01-01").first)
        let path = "\(scratch.path)/2026-01-01/\(name)"
        let octets = try Data(contentsOf: URL(filePath: path))
        try octets.dropLast(9).write(to: URL(filePath: path))
        try await folder.append(try self.tally(1))
        for _ in 0..<2 { #expect(try await read(folder, today).totals.successful == 4) }
        try await folder.compact(today)
        #expect(try await read(folder, today).totals.successful == 4)
        #expect(scratch.names("damaged") == ["2026-01-01-\(name).lines"])
        // Told by each reading and by the merge; not any more after it.
        #expect(problems.all.count == 3)
        #expect(
            problems.all.first
                == .damagedLines(
                    segment: "2026-01-01/\(name)",
                    count: 1,
                    reason: "the line has no end",
                    setAsideAs: "damaged/2026-01-01-\(name).lines"
                )
        )
        let kept = try Data(contentsOf: URL(filePath: "\(scratch.path)/damaged/2026-01-01-\(name).lines"))
        #expect(String(decoding: kept, as: UTF8.self).contains("b.example"))
    }

    @Test("Noise and lines without an end cost no other segment")
    func noise() async throws {
        let scratch = try Scratch()
        let problems = Problems()
        let folder = try TallyFolder(directory: scratch.path, reportProblem: problems.report)
        try await folder.append(try tally(2))
        let noise = Data(repeating: 0x41, count: 3 << 20) + Data("\n\nx\n".utf8) + Data(try tally(5).text)
        try noise.write(to: URL(filePath: "\(scratch.path)/2026-01-01/z.tally"))
        #expect(try await read(folder, today).totals.successful == 7)
        guard case .damagedLines(_, 3, _, _)? = problems.all.first else {
            Issue.record("\(problems.all)")
            return
        }
    }

    @Test("A segment copied again after it was put together with others counts once")
    func copiedAgain() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path)
        for _ in 0..<3 { try await folder.append(try tally(2)) }
        let name = try #require(scratch.names("2026-01-01").first)
        let path = "\(scratch.path)/2026-01-01/\(name)"
        let octets = try Data(contentsOf: URL(filePath: path))
        try await folder.compact(today)
        // As a crash between the merged segment's name and the removal of those in it leaves it.
        try octets.write(to: URL(filePath: path))
        #expect(try await read(folder, today).totals.successful == 6)
        try await folder.append(try tally(1))
        try await folder.compact(today)
        #expect(scratch.names("2026-01-01").count == 1)
        #expect(try await read(folder, today).totals.successful == 7)
    }

    @Test("A crash in the midst of putting together, with more segments than one merge takes, counts nothing twice")
    func crashedMerge() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path)
        for _ in 0..<130 { try await folder.append(try tally(1)) }
        let day = "\(scratch.path)/2026-01-01"
        let before = scratch.names("2026-01-01")
        try FileManager.default.copyItem(atPath: day, toPath: "\(scratch.path)/copy")
        try await folder.compact(today, above: 128)
        // The segments whose removal the crash has prevented.
        let gone = Set(before).subtracting(scratch.names("2026-01-01"))
        #expect(gone.count == 64)
        for name in gone {
            try FileManager.default.copyItem(atPath: "\(scratch.path)/copy/\(name)", toPath: "\(day)/\(name)")
        }
        try await folder.compact(today, above: 128)
        #expect(try await read(folder, today).totals.successful == 130)
    }

    @Test("A day that is removed while its segments are put together, and begun anew, has the new sessions alone")
    func removedMeanwhile() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path)
        for _ in 0..<3 { try await folder.append(try tally(5)) }
        // Held, the lock keeps the merge from giving its segment a name.
        let lock = open("\(scratch.path)/.lock", O_RDWR)
        #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)
        async let compacting: Void = folder.compact(today)
        let isWritten = await eventually {
            // Not read: Foundation loses a page for each empty file that it reads, and the leak checker tells.
            scratch.names("").contains { $0.hasPrefix(".tmp-") && scratch.size(of: $0) > 0 }
        }
        #expect(isWritten)
        // What another process does that has the lock: the day goes, and begins anew.
        let other = try Scratch()
        try await TallyFolder(directory: other.path).append(try tally(1))
        try FileManager.default.removeItem(atPath: "\(scratch.path)/2026-01-01")
        try FileManager.default.copyItem(atPath: "\(other.path)/2026-01-01", toPath: "\(scratch.path)/2026-01-01")
        close(lock)
        try await compacting
        #expect(try await read(folder, today).totals.successful == 1)
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<20_000 {
            if condition() { return true }
            await Task.yield()
            usleep(500)
        }
        return false
    }

    @Test("Who reads a day of many segments waits for another process that puts them together")
    func waitsForCompaction() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path)
        for _ in 0..<66 { try await folder.append(try tally(1)) }
        try Data().write(to: URL(filePath: "\(scratch.path)/.compacting"))
        let lock = open("\(scratch.path)/.compacting", O_RDWR)
        #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)
        Thread.detachNewThread {
            usleep(300_000)
            close(lock)
        }
        #expect(try await read(folder, today).totals.successful == 66)
    }

    @Test("How often a day was removed is known")
    func parts() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path)
        for part in 1...3 {
            #expect(try await folder.part(of: today) == part)
            try await folder.append(try tally(1))
            try await folder.remove(today)
        }
        // Nothing to remove is no removal.
        try await folder.remove(today)
        #expect(try await folder.part(of: today) == 4)
        #expect(try await TallyFolder(directory: scratch.path).part(of: today) == 4)
    }

    @Test("A flush that fails leaves the sessions with the counter")
    func failure() async throws {
        let scratch = try Scratch()
        let folder = try TallyFolder(directory: scratch.path + "/tallies")
        // A file where the day's folder belongs: root, too, cannot write there.
        try Data().write(to: URL(filePath: scratch.path + "/tallies/2026-01-01"))
        let counter = SessionCounter(clock: clock)
        counter.restore(try tally(5))
        await #expect(throws: TallyFolder.Failure.self) { try await folder.flush(counter) }
        #expect(scratch.names("tallies") == [".lock", "2026-01-01"])
        try FileManager.default.removeItem(atPath: scratch.path + "/tallies/2026-01-01")
        try await folder.flush(counter)
        #expect(counter.drain().isEmpty)
        #expect(try await read(folder, today).totals.successful == 5)
    }

    @Test("The loop flushes each interval, tells failures and goes on, and flushes when it is cancelled")
    func loop() async throws {
        let scratch = try Scratch()
        let problems = Problems()
        let folder = try TallyFolder(directory: scratch.path, reportProblem: problems.report)
        let time = ManualMonotonicClock()
        let counter = SessionCounter(clock: clock)
        counter.restore(try tally(1))
        let task = Task { await folder.run(flushing: counter, every: .seconds(60), clock: time) }
        await time.waitForSleepers()
        #expect(try await folder.days().isEmpty)
        time.advance(by: .seconds(60))
        await time.waitForSleepers()
        #expect(try await read(folder, today).totals.successful == 1)
        try FileManager.default.moveItem(atPath: "\(scratch.path)/2026-01-01", toPath: "\(scratch.path)/away")
        try Data().write(to: URL(filePath: "\(scratch.path)/2026-01-01"))
        counter.restore(try tally(2))
        time.advance(by: .seconds(60))
        await time.waitForSleepers()
        #expect(problems.all.contains { if case .flushFailed = $0 { true } else { false } })
        try FileManager.default.removeItem(atPath: "\(scratch.path)/2026-01-01")
        task.cancel()
        await task.value
        #expect(try await read(folder, today).totals.successful == 2)
    }

    @Test("A folder that cannot be is refused with a reason")
    func refused() throws {
        let scratch = try Scratch()
        try Data().write(to: URL(filePath: scratch.path + "/file"))
        for path in ["", "a\0b", scratch.path + "/file", scratch.path + "/missing/folder"] {
            #expect(throws: TallyFolder.Failure.self) { try TallyFolder(directory: path) }
        }
    }
}
