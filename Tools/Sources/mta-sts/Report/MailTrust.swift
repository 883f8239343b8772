// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// Which reports that came by mail are believed. "Reports lacking such a signature MUST be ignored by the recipient" (RFC
/// 8460 section 3, of DKIM). A file that is no mail was put there by the operator.
enum MailTrust: Equatable, Sendable {
    /// Nobody says who checked them: they are counted and told, and nothing is called safe by them.
    case unchecked
    /// Those whose signature a server of the operator's own found valid; the server by its authserv-id.
    case signed(checkedBy: String)
    /// All: the operator says that only genuine ones are there.
    case all

    /// What is made of a report.
    enum Verdict: Equatable, Sendable {
        case genuine
        case unchecked
        case ignored(reason: String)
    }

    /// What is made of a report, by the mail that it came in.
    func verdict(on report: TLSReport, in mail: ReportFile.Mail?) -> Verdict {
        guard let mail else { return .genuine }
        switch self {
        case .all: return .genuine
        case .unchecked: return .unchecked
        case .signed(let server): return Self.verdict(on: report, in: mail, checkedBy: server)
        }
    }

    private static func verdict(on report: TLSReport, in mail: ReportFile.Mail, checkedBy server: String) -> Verdict {
        // What a server says of a mail is in the fields of that mail, and a stranger writes those of one inside it.
        guard !mail.isForwarded else { return .ignored(reason: "it is inside another mail, where nothing is checked") }
        guard let submitter = report.submitter ?? mail.statedSubmitter else {
            return .ignored(reason: "it does not say who submits it")
        }
        if submitter.andDomainsAbove.contains(where: { mail.fields.hasValidDKIM(of: $0, checkedBy: server) }) {
            return .genuine
        }
        let isSilent = !mail.fields.authenticationResults.contains { $0.serverID?.lowercased() == server.lowercased() }
        let reason =
            isSilent
            ? "it has no Authentication-Results of \(server)" : "no valid DKIM signature of \(submitter) was found"
        return .ignored(reason: reason)
    }
}

extension DomainName {
    /// The domain and those above it that may sign for it, but for the topmost: senders sign by the domain of the
    /// organisation and name a host of it as the contact.
    fileprivate var andDomainsAbove: [DomainName] {
        let labels = description.split(separator: ".")
        return (0..<max(1, labels.count - 1)).compactMap { DomainName(labels[$0...].joined(separator: ".")) }
    }
}

extension ReportFile.Mail {
    /// Who submits the report, as TLS-Report-Submitter says (RFC 8460 section 5.3).
    fileprivate var statedSubmitter: DomainName? { fields.reportSubmitter.flatMap { DomainName($0) } }
}

extension ReportFile {
    /// The domain that the mail and the file name say the report is about; nil if they say nothing, or differ.
    var statedDomain: DomainName? {
        let stated = [
            mail?.fields.reportDomain.flatMap { DomainName($0) }, mail?.fields.reportSubject?.subject.policyDomain,
            fileName?.policyDomain,
        ]
        let domains = Set(stated.compactMap(\.self))
        return domains.count == 1 ? domains.first : nil
    }

    /// The report as it is counted. Where it names no contact the mail's submitter stands for it, since reports are
    /// compared within a submitter: a stranger's must not be taken for a duplicate of another's.
    func counted(_ report: TLSReport) -> TLSReport {
        guard report.submitter == nil, let submitter = mail?.statedSubmitter else { return report }
        var report = report
        report.contactInfo = "@\(submitter)"
        return report
    }
}
