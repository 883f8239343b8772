// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
import Synchronization
public import TLSRPT

/// The reports that the tallies of a folder make, and which of them are done with.
///
/// A report that is done with is noted in the day's folder, so that a restart does not send it again. If several
/// processes count into one folder, one of them alone sends its reports. Sessions that are flushed once their day was
/// removed make a report of its own. Those that no report has are told as a ``TallyFolder/Problem``.
///
/// ```swift
/// let source = TallyReports(folder: folder, sender: sender)
/// await reporter.run(reportsOf: source)
/// ```
public final class TallyReports: ReportSource {
    private let folder: TallyFolder
    private let sender: ReportSender
    /// What the reports say that were given and are not done with.
    private let given = Lock<[ReportDay: [DomainName: SessionTotals]]>([:])

    /// The reports of a folder.
    public init(folder: TallyFolder, sender: ReportSender) {
        self.folder = folder
        self.sender = sender
    }

    /// The days with sessions, in order.
    public func days() async throws -> [ReportDay] { try await folder.days() }

    /// Gives the reports of a day in the order of their domains. See ``TLSRPT/ReportSource``.
    public func forEachReport(
        on day: ReportDay,
        where isDue: (DomainName) -> Bool,
        _ body: (DomainName, TLSReport) async throws -> Void
    ) async throws {
        let finished = try await folder.finished(on: day)
        let part = try await folder.part(of: day)
        try await folder.forEachDomain(on: day) { domain, tally in
            guard !finished.contains(domain), isDue(domain),
                let report = tally.report(for: day, domain: domain, from: sender, part: part)
            else { return }
            given.withLock { $0[day, default: [:]][domain] = tally.totals(of: domain, on: day) }
            try await body(domain, report)
        }
    }

    /// Notes in the day's folder that a report is done with.
    public func finish(_ domain: DomainName, on day: ReportDay, outcome: ReportOutcome) async throws {
        let totals = given.withLock { $0[day]?[domain] }
        // Who takes no report misses no session.
        let isSent = if case .sent = outcome { true } else { false }
        try await folder.finish(domain, on: day, told: isSent ? totals : nil)
        given.withLock { $0[day]?[domain] = nil }
    }

    /// Removes the day from the folder.
    public func finish(_ day: ReportDay) async throws {
        given.withLock { $0[day] = nil }
        try await folder.removeAndTell(day)
    }
}

extension TallyFolder {
    /// The domains of a day whose report is done with.
    func finished(on day: ReportDay) async throws -> Set<DomainName> {
        try await run(on: reader) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in Set(try tree.finished(on: day).keys) }
        }
    }

    func finish(_ domain: DomainName, on day: ReportDay, told totals: SessionTotals?) async throws {
        try await run(on: writer) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in try tree.finish(domain, on: day, told: totals) }
        }
    }

    /// Removes a day and tells which of its sessions are in no report.
    func removeAndTell(_ day: ReportDay) async throws {
        let untold = try await run(on: writer) { tree throws(Failure) in
            var untold = Untold()
            try tree.remove(day) { folder throws(SegmentTree.Failure) in
                untold = try tree.untold(in: folder, of: day)
            }
            return untold
        }
        if untold.late.all > 0 { tell(.sessionsTooLate(day, untold.late)) }
        if untold.withoutDomain.all > 0 { tell(.sessionsWithoutDomain(day, untold.withoutDomain)) }
    }
}

/// Sessions of a day that no report has.
struct Untold {
    var late = SessionTotals()
    var withoutDomain = SessionTotals()
}

extension SegmentTree {
    /// In a day's folder: a domain a line, the sessions that its report told if one was sent, and a mark after them that
    /// a line cut by a crash has not.
    private static let finishedName = "finished"

    private static let finishedMark = UInt8(ascii: "!")
    private static let longestLine = DomainName.maximumOctets + 2 + 2 * 17

    /// The domains noted, each with what its report told; nil if none was sent. A line that a crash has cut is none: that
    /// report is sent once more.
    func finished(on day: Day) throws(Failure) -> [DomainName: SessionTotals?] {
        guard let folder = try openDay(day) else { return [:] }
        return try finished(in: folder)
    }

    private func finished(in folder: OpenFile) throws(Failure) -> [DomainName: SessionTotals?] {
        let file: OpenFile
        do throws(Failure) {
            file = try folder.open(Self.finishedName, for: .reading)
        } catch {
            if error.errorNumber == OpenFile.Number.missing { return [:] }
            throw error
        }
        var finished: [DomainName: SessionTotals?] = [:]
        var rest: [UInt8] = []
        while true {
            let part = try file.readPart(65_536)
            if part.isEmpty { return finished }
            let lines = (rest + part).split(separator: 0x0A, omittingEmptySubsequences: false)
            for line in lines.dropLast() where line.last == Self.finishedMark && line.count < Self.longestLine {
                let fields = line.dropLast().split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
                guard let domain = fields.first.flatMap({ DomainName($0) }) else { continue }
                let numbers = fields.dropFirst().compactMap { Int($0) }
                    .filter { (0...SessionTotals.maximum).contains($0) }
                let totals = numbers.count == 2 ? SessionTotals(successful: numbers[0], failed: numbers[1]) : nil
                finished.updateValue(totals, forKey: domain)
            }
            // A longer line is none, whatever follows.
            rest = Array((lines.last ?? []).prefix(Self.longestLine))
        }
    }

    func finish(_ domain: DomainName, on day: Day, told totals: SessionTotals?) throws(Failure) {
        guard let folder = try openDay(day) else { return }
        let file = try folder.open(Self.finishedName, for: .appending)
        defer { file.close() }
        // The line feed before it ends a line that a crash has cut. One write in append mode is not torn by others.
        let numbers = totals.map { " \($0.successful) \($0.failed)" } ?? ""
        try file.write(Array("\n\(domain)\(numbers)!\n".utf8))
        try file.sync()
    }

    /// The sessions in a day's folder that no report has. Those of a domain that got none count for nothing.
    func untold(in folder: OpenFile, of day: Day) throws(Failure) -> Untold {
        let finished = try finished(in: folder)
        var reported = SessionTotals()
        for case let totals? in finished.values { reported.add(totals) }
        var counted = SessionTotals()
        var overflow = SessionTotals()
        for name in try countingSegments(of: folder, day) {
            let reader = try SegmentReader(name, of: day, in: folder, limits: limits)
            defer { reader.close() }
            while let (domain, tally) = reader.current {
                let isTold = finished[domain].map { $0 != nil } ?? true
                if isTold { counted.add(tally.totals) }
                try reader.advance()
            }
            overflow.add(reader.overflow.overflow(on: day))
        }
        let late = SessionTotals(
            successful: max(0, counted.successful - reported.successful),
            failed: max(0, counted.failed - reported.failed)
        )
        return Untold(late: late, withoutDomain: overflow)
    }
}
