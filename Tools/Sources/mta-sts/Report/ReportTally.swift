// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What many reports say together. Reports are added one after the other and not kept; every table is bounded.
struct ReportTally: Sendable {
    /// The most rows of a table that are kept; texts of reports are cut at 256 octets.
    static let rows = 10_000

    /// What one sender reported.
    struct Sender: Sendable {
        var reports = 0
        var counts = SessionCounts()
    }

    /// Who sent a report, as it says itself.
    struct SenderName: Hashable, Sendable {
        let organization: String
        let submitter: String
    }

    /// A kind of failure at an MX host.
    struct HostFailure: Hashable, Sendable {
        /// The MX host's name, or else its address; empty if the report names neither.
        let host: String
        let type: String
    }

    /// A kind of failure with its reason.
    struct Reason: Hashable, Sendable {
        let type: String
        let reason: String
    }

    /// The sessions of one day.
    struct Day: Sendable {
        var counts = SessionCounts()
        /// Failed sessions by result type. Details may overlap, so that their sum may be more than the failures.
        var types = BoundedTable<String, Int>(limit: 100)
    }

    /// How often something was found, and the first place.
    struct Remark: Sendable {
        var reports = 0
        let example: String
    }

    private let filter: ReportFilter
    private let trust: MailTrust
    private var consistency = ReportConsistency()

    private(set) var reports = 0
    private(set) var duplicates = 0
    /// Reports that the filter left out.
    private(set) var excluded = 0
    /// Mails without a report that do not say that they carry one.
    private(set) var otherMails = 0
    /// Reports that came by mail and are counted, although nobody checked their signatures.
    private(set) var unchecked = 0
    private(set) var firstMoment: UnixTime?
    private(set) var lastMoment: UnixTime?
    private(set) var counts = SessionCounts()
    private(set) var domains = BoundedTable<String, Sender>(limit: rows)
    private(set) var senders = BoundedTable<SenderName, Sender>(limit: rows)
    private(set) var hosts = BoundedTable<HostFailure, Int>(limit: rows)
    private(set) var types = BoundedTable<String, Int>(limit: 1_000)
    private(set) var reasons = BoundedTable<Reason, Int>(limit: rows)
    private(set) var days = BoundedTable<ReportDay, Day>(limit: rows)
    private(set) var deviations = BoundedTable<String, Remark>(limit: 1_000)
    private(set) var findings = BoundedTable<String, Remark>(limit: 1_000)
    private(set) var damaged = Omissions()
    /// Reports that came by mail without the signature that was asked for.
    private(set) var unsigned = Omissions()

    init(filter: ReportFilter = ReportFilter(), trust: MailTrust = .unchecked) {
        (self.filter, self.trust) = (filter, trust)
    }

    /// Adds what was found in a file.
    ///
    /// - Returns: The report, if it is counted.
    @discardableResult
    mutating func add(_ file: ReportFile) -> TLSReport? {
        switch file.result {
        case .success(let reading):
            return add(reading, file)
        case .failure(let error):
            if let mail = file.mail, !mail.isTLSReport {
                otherMails += 1
            } else {
                damaged.add(file.origin, reason: "\(error)")
            }
            return nil
        }
    }

    private mutating func add(_ reading: TLSReport.Reading, _ file: ReportFile) -> TLSReport? {
        let verdict = trust.verdict(on: reading.report, in: file.mail)
        if case .ignored(let reason) = verdict {
            unsigned.add(file.origin, reason: reason)
            return nil
        }
        let report = file.counted(reading.report)
        guard add(report, from: file.origin, stated: file.statedDomain) else { return nil }
        if verdict == .unchecked { unchecked += 1 }
        remark(reading, file)
        return report
    }

    /// Notes a file that gave no report.
    mutating func addDamaged(_ origin: String, reason: String) { damaged.add(origin, reason: reason) }

    /// Counts a report.
    ///
    /// - Parameter stated: The domain that its mail or its file name says it is about.
    /// - Returns: Whether it was counted: the filter lets it through and it was not there before.
    mutating func add(_ report: TLSReport, from origin: String, stated: DomainName? = nil) -> Bool {
        let day = report.dateRange.start.map { ReportDay(containing: $0) }
        let subject = report.policyDomain(stated: stated)
        let entries = report.policies.filter { filter.includes(domain: Self.domain(of: $0) ?? subject) }
        guard filter.includes(day: day), !entries.isEmpty || filter.domains.isEmpty else {
            excluded += 1
            return false
        }
        let found = consistency.add(report)
        guard !found.contains(where: { $0.kind == .duplicate }) else {
            duplicates += 1
            return false
        }
        note(found.map { ("\($0.kind.description)", $0.path) }, in: \.findings, origin)
        reports += 1
        firstMoment = [firstMoment, report.dateRange.start].compactMap(\.self).min()
        lastMoment = [lastMoment, report.dateRange.end].compactMap(\.self).max()
        let name = SenderName(
            organization: Self.cut(report.organizationName ?? ""),
            submitter: report.submitter?.description ?? ""
        )
        senders.change(name, default: Sender()) { $0.reports += 1 }
        var seen: Set<String> = []
        for entry in entries {
            let domain = (Self.domain(of: entry) ?? subject)?.description ?? Self.cut(entry.policy.domain ?? "")
            if seen.insert(domain).inserted { domains.change(domain, default: Sender()) { $0.reports += 1 } }
            count(entry, domain: domain, sender: name, day: day)
        }
        return true
    }

    private mutating func count(_ entry: TLSReport.PolicyEntry, domain: String, sender: SenderName, day: ReportDay?) {
        let (ok, failed) = (entry.summary.successfulSessions, entry.summary.failedSessions)
        counts.add(ok: ok, failed: failed)
        domains.change(domain, default: Sender()) { $0.counts.add(ok: ok, failed: failed) }
        senders.change(sender, default: Sender()) { $0.counts.add(ok: ok, failed: failed) }
        if let day { days.change(day, default: Day()) { $0.counts.add(ok: ok, failed: failed) } }
        for detail in entry.failureDetails {
            let number = detail.failedSessions
            let type = Self.cut(detail.resultType.rawValue)
            let name = detail.receivingMXHostname.flatMap { $0.isEmpty ? nil : $0.lowercased() }
            let host = Self.cut(name ?? detail.receivingIP ?? "")
            types.count(type, number)
            hosts.count(HostFailure(host: host, type: type), number)
            let reason = Self.cut(detail.failureReasonCode ?? "")
            reasons.count(Reason(type: type, reason: reason), number)
            if let day { days.change(day, default: Day()) { $0.types.count(type, number) } }
        }
    }

    private mutating func remark(_ reading: TLSReport.Reading, _ file: ReportFile) {
        note(reading.deviations.map { ($0.kind.description, $0.path) }, in: \.deviations, file.origin)
        guard let mail = file.mail else { return }
        // Mail on a disk has the disk's line ends, and often a mailbox's first line.
        let deviations = mail.deviations.filter { $0.kind != .bareLineFeed && $0.kind != .mailboxLine }
        note(deviations.map { ("mail: \($0.kind.explanation)", "") }, in: \.deviations, file.origin)
        note(mail.conflicts.map { ("\($0)", "") }, in: \.findings, file.origin)
    }

    /// Notes each kind once for a report.
    private mutating func note(
        _ remarks: [(kind: String, path: String)],
        in table: WritableKeyPath<ReportTally, BoundedTable<String, Remark>>,
        _ origin: String
    ) {
        var seen: Set<String> = []
        for remark in remarks where seen.insert(remark.kind).inserted {
            let place = remark.path.isEmpty ? origin : "\(origin): \(remark.path)"
            self[keyPath: table].change(remark.kind, default: Remark(example: place)) { $0.reports += 1 }
        }
    }

    private static func domain(of entry: TLSReport.PolicyEntry) -> DomainName? {
        entry.policy.domain.flatMap { DomainName($0) }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= 256 ? text : String(decoding: text.utf8.prefix(256), as: UTF8.self)
    }

    /// 0 if all was read; 1 if something was not; 2 if there was no report at all.
    var exitCode: Int32 { reports + duplicates + excluded == 0 ? 2 : damaged.count == 0 ? 0 : 1 }
}

/// Files that are not counted, with the reason; so many are kept, the others are numbered.
struct Omissions: Sendable {
    private(set) var listed: [(origin: String, reason: String)] = []
    private(set) var count = 0

    mutating func add(_ origin: String, reason: String) {
        count += 1
        if listed.count < ReportTally.rows { listed.append((origin, reason)) }
    }
}
