// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSZLIB
import TLSRPTFiles

/// Makes the reports of recorded sessions.
struct ReportBuild {
    /// The most octets of a line; what is longer is passed over.
    static let lineLimit = 1 << 20

    /// The most bad lines that are named.
    private static let maximumFaults = 20

    let sender: ReportSender
    /// The one day to report; nil for all days recorded.
    let day: ReportDay?
    /// The present day. Neither it nor a later one is over.
    let today: ReportDay
    /// Whether days that are not over are reported as well.
    let includesUnfinished: Bool

    private let counter = SessionCounter(clock: SystemWallClock())
    private var faults: [String] = []
    private var faultCount = 0
    private(set) var sessions = 0
    private var unfinishedDays: Set<ReportDay> = []

    /// Why a report is not written.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// A report as a file.
    struct File {
        let name: String
        let reportID: String
        let domain: DomainName
        let day: ReportDay
        let counts: SessionCounts
        let octets: [UInt8]
    }

    init(
        sender: ReportSender,
        day: ReportDay?,
        today: ReportDay = ReportDay(containing: SystemWallClock().now),
        includesUnfinished: Bool = false
    ) {
        self.sender = sender
        self.day = day
        self.today = today
        self.includesUnfinished = includesUnfinished
    }

    /// Counts the sessions of a file, a line each; empty lines are passed over.
    mutating func read(_ name: String) throws(InputFile.Failure) {
        var lines = LineReader(limit: Self.lineLimit)
        var number = 0
        do {
            try InputFile.pieces(of: name) { piece in
                lines.add(piece) { line in
                    number += 1
                    count(line, "\(SafeText.of(name)):\(number)")
                }
            }
        } catch {
            throw InputFile.Failure(description: "cannot read \(SafeText.of(name))")
        }
        lines.end { line in
            number += 1
            count(line, "\(SafeText.of(name)):\(number)")
        }
    }

    private mutating func count(_ line: [UInt8]?, _ place: String) {
        guard let line else { return note("\(place): a line of more than \(Self.lineLimit) octets") }
        guard line.contains(where: { $0 > 0x20 }) else { return }
        do throws(RecordedSession.Fault) {
            let session = try RecordedSession(line)
            guard isReported(ReportDay(containing: session.moment)) else { return }
            sessions += 1
            counter.count(
                session.result,
                under: session.policy,
                mxHosts: session.mxHosts,
                for: session.domain,
                peer: session.peer,
                at: session.moment
            )
        } catch {
            note("\(place): \(SafeText.of(error.description))")
        }
    }

    /// Whether a day is asked for and over. The report on the whole of a day has the name of one on its beginning, and
    /// receivers drop what has a name that they had (RFC 8460 section 5.3).
    private mutating func isReported(_ day: ReportDay) -> Bool {
        guard self.day == nil || self.day == day else { return false }
        if day < today || includesUnfinished { return true }
        unfinishedDays.insert(day)
        return false
    }

    private mutating func note(_ fault: String) {
        faultCount += 1
        if faults.count < Self.maximumFaults { faults.append(fault) }
    }

    /// Gives the reports of what was counted, by day and domain.
    mutating func makeReports(_ emit: (File) throws -> Void) rethrows {
        let tally = counter.drain()
        for day in tally.reportDays {
            for domain in tally.domains(on: day) { try make(tally, domain, day, emit) }
            noteOverflow(tally.overflow(on: day), day)
        }
    }

    /// Gives the reports of a folder of tallies, a domain at a time. The folder keeps them.
    mutating func makeReports(of folder: TallyFolder, _ emit: (File) throws -> Void) async throws {
        for day in try await folder.days() where isReported(day) {
            let part = try await folder.part(of: day)
            let overflow = try await folder.forEachDomain(on: day) { domain, tally in
                let totals = tally.totals(of: domain, on: day)
                sessions = SessionCounts.sum(sessions, totals.all)
                try make(tally, domain, day, part: part, emit)
            }
            noteOverflow(overflow, day)
        }
    }

    private mutating func make(
        _ tally: SessionTally,
        _ domain: DomainName,
        _ day: ReportDay,
        part: Int = 1,
        _ emit: (File) throws -> Void
    ) rethrows {
        guard let report = tally.report(for: day, domain: domain, from: sender, part: part) else { return }
        let made: File
        do throws(Refusal) {
            made = try file(report, domain, day, part: part)
        } catch {
            return note("\(domain) on \(day): \(error)")
        }
        try emit(made)
    }

    private mutating func noteOverflow(_ totals: SessionTotals, _ day: ReportDay) {
        if totals.all > 0 { note("\(day): \(counted(totals.all, "session")) of too many domains are in no report") }
    }

    /// What is wrong with the recording or with reports.
    var problems: [String] {
        faultCount > faults.count ? faults + ["and \(faultCount - faults.count) more"] : faults
    }

    /// What is left out until its day is over; nil if nothing is.
    var notice: String? {
        guard let first = unfinishedDays.min() else { return nil }
        let more = unfinishedDays.count - 1
        let days = more == 0 ? "\(first) is" : "\(first) and \(counted(more, "later day")) are"
        return "\(days) not over (UTC) and left out; --unfinished reports it all the same, and receivers then drop the "
            + "report on the whole day"
    }

    private func file(
        _ report: TLSReport,
        _ domain: DomainName,
        _ day: ReportDay,
        part: Int
    ) throws(Refusal) -> File {
        if let fault = report.faultsForSending.first(where: \.isBlocking) { throw Refusal(description: "\(fault)") }
        let name = ReportFileName(
            submitter: sender.submitter,
            policyDomain: domain,
            range: report.dateRange,
            unique: unique(part),
            isCompressed: true
        )
        guard let name else { throw Refusal(description: "no file name can be made for this day and instance") }
        var counts = SessionCounts()
        for entry in report.policies {
            counts.add(ok: entry.summary.successfulSessions, failed: entry.summary.failedSessions)
        }
        do {
            let octets = try ZLIBCompression().gzip(report.json())
            return File(
                name: name.description,
                reportID: report.reportID ?? "",
                domain: domain,
                day: day,
                counts: counts,
                octets: octets
            )
        } catch {
            throw Refusal(description: "\(error)")
        }
    }

    /// The part of the file name that tells reports on one domain and day apart, letters and digits (RFC 8460 section
    /// 5.1).
    private func unique(_ part: Int) -> String? {
        part > 1 ? "\(sender.instance ?? "")part\(part)" : sender.instance
    }
}

/// Divides octets into lines, ended by LF or CR LF, of bounded length.
struct LineReader {
    private let limit: Int
    private var pending: [UInt8] = []
    private var isTooLong = false

    init(limit: Int) { self.limit = limit }

    /// Takes a piece and gives the lines that end in it, nil for one that is too long.
    mutating func add(_ piece: some Collection<UInt8>, _ line: ([UInt8]?) -> Void) {
        for octet in piece {
            if octet == 0x0A {
                give(line)
            } else if pending.count < limit {
                pending.append(octet)
            } else {
                isTooLong = true
            }
        }
    }

    /// Gives the last line, if it has no end.
    mutating func end(_ line: ([UInt8]?) -> Void) {
        if !pending.isEmpty { give(line) }
    }

    private mutating func give(_ line: ([UInt8]?) -> Void) {
        if pending.last == 0x0D { pending.removeLast() }
        line(isTooLong ? nil : pending)
        pending.removeAll(keepingCapacity: true)
        isTooLong = false
    }
}
