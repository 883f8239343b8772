// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A place where a mail says something else about a report than the report itself.
///
/// The report is right then (RFC 8460 section 5.6).
public struct ReportConflict: Hashable, Sendable, CustomStringConvertible {
    /// Where the mail says it.
    public enum Source: String, CaseIterable, Hashable, Sendable {
        /// The field Subject.
        case subject
        /// The attachment's file name.
        case fileName
        /// The fields TLS-Report-Domain and TLS-Report-Submitter.
        case field
    }

    /// What it is about.
    public enum Item: String, CaseIterable, Hashable, Sendable {
        /// The domain that the report is about.
        case policyDomain
        /// The domain of contact-info.
        case submitter
        /// The report-id.
        case reportID
        /// The first second of the range, in seconds since 1970.
        case begin
        /// The last second of the range, in seconds since 1970.
        case end
    }

    /// Where the mail says it.
    public let source: Source

    /// What it is about.
    public let item: Item

    /// What the mail says.
    public let stated: String

    /// What the report says; several domains with commas between.
    public let reported: String

    /// A sentence for people.
    public var description: String {
        "\(source.rawValue): \(item.rawValue) is \(MailSyntax.visible(stated, limit: 253)), the report says "
            + MailSyntax.visible(reported, limit: 1_024)
    }
}

extension MailPart {
    /// Where the file name and the mail round this part contradict the report that was read from it.
    ///
    /// What the report or the mail does not say is no conflict, nor is an end of the range that is one second later,
    /// since some senders write the next day's first second. A report of DANE policies alone has the names of MX hosts
    /// for domains, which are not compared.
    public func conflicts(with report: TLSReport) -> [ReportConflict] {
        var comparison = ReportComparison(report)
        if let subject = fields.reportSubject?.subject {
            comparison.compareDomain(subject.policyDomain.description, .subject)
            comparison.compare(.submitter, subject.submitter.description, report.submitter?.description, .subject)
            comparison.compareReportID(subject.reportID)
        }
        if let domain = fields.reportDomain { comparison.compareDomain(domain, .field) }
        if let submitter = fields.reportSubmitter {
            comparison.compare(.submitter, submitter, report.submitter?.description, .field)
        }
        if let name = fileName.flatMap({ ReportFileName($0) }) {
            comparison.compareDomain(name.policyDomain.description, .fileName)
            comparison.compare(.submitter, name.submitter.description, report.submitter?.description, .fileName)
            comparison.compare(.begin, name.begin, report.dateRange.start, tolerance: 0)
            comparison.compare(.end, name.end, report.dateRange.end, tolerance: 1)
        }
        return comparison.conflicts
    }
}

private struct ReportComparison {
    private let report: TLSReport
    private let domains: [String]
    private(set) var conflicts: [ReportConflict] = []

    init(_ report: TLSReport) {
        self.report = report
        domains = report.policies.filter { $0.policy.type != .tlsa }.compactMap(\.policy.domain)
    }

    private static func canonical(_ name: String) -> String { DomainName(name)?.description ?? name.lowercased() }

    mutating func compareDomain(_ stated: String, _ source: ReportConflict.Source) {
        // Once: the mail's text may be long, and the domains many.
        let canonical = Self.canonical(stated)
        guard !domains.isEmpty, !domains.contains(where: { Self.canonical($0) == canonical }) else { return }
        let reported = domains.prefix(10).joined(separator: ", ")
        conflicts.append(ReportConflict(source: source, item: .policyDomain, stated: stated, reported: reported))
    }

    mutating func compare(
        _ item: ReportConflict.Item,
        _ stated: String,
        _ reported: String?,
        _ source: ReportConflict.Source
    ) {
        guard let reported, Self.canonical(stated) != Self.canonical(reported) else { return }
        conflicts.append(ReportConflict(source: source, item: item, stated: stated, reported: reported))
    }

    /// Some senders write the id with its angle brackets into the report, too.
    mutating func compareReportID(_ stated: String) {
        guard let id = report.reportID else { return }
        let isBracketed = id.utf8.first == 0x3C && id.utf8.last == 0x3E && id.utf8.count >= 2
        guard stated != (isBracketed ? String(id.dropFirst().dropLast()) : id) else { return }
        conflicts.append(ReportConflict(source: .subject, item: .reportID, stated: stated, reported: id))
    }

    mutating func compare(_ item: ReportConflict.Item, _ stated: UnixTime, _ reported: UnixTime?, tolerance: UInt64) {
        guard let reported, stated.seconds(since: reported).magnitude > tolerance else { return }
        conflicts.append(
            ReportConflict(source: .fileName, item: item, stated: "\(stated)", reported: "\(reported)")
        )
    }
}
