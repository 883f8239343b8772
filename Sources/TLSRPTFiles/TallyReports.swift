// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
public import TLSRPT

/// The reports that the tallies of a folder make, and which of them are done with.
///
/// A report that is done with is noted in the day's folder, so that a restart does not send it again. If several
/// processes count into one folder, one of them alone sends its reports.
///
/// ```swift
/// let source = TallyReports(folder: folder, sender: sender)
/// await reporter.run(reportsOf: source)
/// ```
public final class TallyReports: ReportSource {
    private let folder: TallyFolder
    private let sender: ReportSender

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
        try await folder.forEachDomain(on: day) { domain, tally in
            guard !finished.contains(domain), isDue(domain),
                let report = tally.report(for: day, domain: domain, from: sender)
            else { return }
            try await body(domain, report)
        }
    }

    /// Notes in the day's folder that a report is done with.
    public func finish(_ domain: DomainName, on day: ReportDay, outcome: ReportOutcome) async throws {
        try await folder.finish(domain, on: day)
    }

    /// Removes the day from the folder.
    public func finish(_ day: ReportDay) async throws { try await folder.remove(day) }
}

extension TallyFolder {
    /// The domains of a day whose report is done with.
    func finished(on day: ReportDay) async throws -> Set<DomainName> {
        try await run(on: reader) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in try tree.finished(on: day) }
        }
    }

    func finish(_ domain: DomainName, on day: ReportDay) async throws {
        try await run(on: writer) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in try tree.finish(domain, on: day) }
        }
    }
}

extension SegmentTree {
    /// In a day's folder: a domain a line, and a mark after it that a line cut by a crash has not.
    private static let finishedName = "finished"

    private static let finishedMark = UInt8(ascii: "!")
    private static let longestLine = DomainName.maximumOctets + 2

    /// The domains noted. A line that a crash has cut is none: that report is sent once more.
    func finished(on day: Day) throws(Failure) -> Set<DomainName> {
        guard let folder = try openDay(day) else { return [] }
        let file: OpenFile
        do throws(Failure) {
            file = try folder.open(Self.finishedName, for: .reading)
        } catch {
            if error.errorNumber == OpenFile.Number.missing { return [] }
            throw error
        }
        var finished: Set<DomainName> = []
        var rest: [UInt8] = []
        while true {
            let part = try file.readPart(65_536)
            if part.isEmpty { return finished }
            let lines = (rest + part).split(separator: 0x0A, omittingEmptySubsequences: false)
            for line in lines.dropLast() where line.last == Self.finishedMark && line.count < Self.longestLine {
                if let domain = DomainName(String(decoding: line.dropLast(), as: UTF8.self)) { finished.insert(domain) }
            }
            // A longer line is none, whatever follows.
            rest = Array((lines.last ?? []).prefix(Self.longestLine))
        }
    }

    func finish(_ domain: DomainName, on day: Day) throws(Failure) {
        guard let folder = try openDay(day) else { return }
        let file = try folder.open(Self.finishedName, for: .appending)
        defer { file.close() }
        // The line feed before it ends a line that a crash has cut. One write in append mode is not torn by others.
        try file.write(Array("\n\(domain)!\n".utf8))
        try file.sync()
    }
}
