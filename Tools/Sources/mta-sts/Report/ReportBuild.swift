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

    private let counter = SessionCounter(clock: SystemWallClock())
    private var faults: [String] = []
    private var faultCount = 0
    private(set) var sessions = 0

    /// Why a report is not written.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// A report as a file.
    struct File {
        let name: String
        let domain: DomainName
        let day: ReportDay
        let counts: SessionCounts
        let octets: [UInt8]
    }

    init(sender: ReportSender, day: ReportDay?) {
        self.sender = sender
        self.day = day
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
            guard day == nil || day == ReportDay(containing: session.moment) else { return }
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
        for day in try await folder.days() where self.day == nil || self.day == day {
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
            made = try file(report, domain, day)
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

    private func file(_ report: TLSReport, _ domain: DomainName, _ day: ReportDay) throws(Refusal) -> File {
        if let fault = report.faultsForSending.first(where: \.isBlocking) { throw Refusal(description: "\(fault)") }
        let name = ReportFileName(
            submitter: sender.submitter,
            policyDomain: domain,
            range: report.dateRange,
            unique: sender.instance?.replacing("-", with: ""),
            isCompressed: true
        )
        guard let name else { throw Refusal(description: "no file name can be made for this day and instance") }
        var counts = SessionCounts()
        for entry in report.policies {
            counts.add(ok: entry.summary.successfulSessions, failed: entry.summary.failedSessions)
        }
        do {
            let octets = try ZLIBCompression().gzip(report.json())
            return File(name: name.description, domain: domain, day: day, counts: counts, octets: octets)
        } catch {
            throw Refusal(description: "\(error)")
        }
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
