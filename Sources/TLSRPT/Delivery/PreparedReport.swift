// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// A report encoded for its way, once for all destinations and all attempts: a receiver that gets it twice sees from
/// the report-id and the octets that it is the same (RFC 8460 section 5.3).
public struct PreparedReport: Hashable, Sendable {
    /// What is at fault with a report that cannot be sent (RFC 8460 section 4.4).
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The faults that keep it from being sent, in the order of the report's members.
        public let faults: [TLSReport.SendingFault]

        /// A sentence for people.
        public var description: String {
            let list = faults.prefix(8).map { "\($0)" }.joined(separator: "; ")
            return "the report cannot be sent: \(list)\(faults.count > 8 ? " and \(faults.count - 8) more" : "")"
        }
    }

    /// The report.
    public let report: TLSReport

    /// The domain that the report is about.
    public let policyDomain: DomainName

    /// The report as a file: compressed if it could be, otherwise as JSON text.
    public let attachment: ReportMessage.Attachment

    /// When the mail is dated.
    public let date: UnixTime

    /// What the report lacks and is sent without, in the order of its members: for the sender's log.
    public let notes: [TLSReport.SendingFault]

    private let unique: String?

    /// Encodes a report.
    ///
    /// - Parameters:
    ///   - report: The report.
    ///   - policyDomain: The domain that the report is about, whose record is asked for destinations.
    ///   - compression: Compresses it, as RFC 8460 section 5.2 advises; nil leaves it as JSON text. If compression
    ///     fails the report goes as JSON text too.
    ///   - date: When the mail is written.
    ///   - unique: Letters and digits for the file name that tell apart several sources of one submitter.
    /// - Throws: ``Fault`` if the report lacks what makes it one: see ``TLSReport/SendingFault/isBlocking``.
    public init(
        _ report: TLSReport,
        about policyDomain: DomainName,
        compression: (any ReportCompression)?,
        date: UnixTime,
        unique: String? = nil
    ) throws(Fault) {
        let faults = report.faultsForSending
        guard !faults.contains(where: \.isBlocking) else { throw Fault(faults: faults.filter(\.isBlocking)) }
        notes = faults
        self.report = report
        self.policyDomain = policyDomain
        self.date = date
        self.unique = unique
        let json = report.json()
        if let gzip = try? compression?.gzip(json) {
            attachment = .gzip(gzip)
        } else {
            attachment = .json(json)
        }
    }

    /// The POST to an https destination (RFC 8460 section 5.4).
    public func post(to url: String, deadline: Duration) -> ReportPost {
        ReportPost(url: url, mediaType: attachment.mediaType, body: attachment.octets, deadline: deadline)
    }

    /// The mail to a mailto destination (RFC 8460 section 5.3).
    ///
    /// - Parameters:
    ///   - address: The recipient.
    ///   - sender: The address to send from; contact-info if nil.
    public func message(to address: String, from sender: String?) throws(ReportMessage.Fault) -> ReportMessage {
        guard let submitter = report.submitter else { throw .missing(member: "contact-info") }
        return try ReportMessage(
            report: report,
            policyDomain: policyDomain,
            submitter: submitter,
            sender: sender,
            recipient: address,
            attachment: attachment,
            date: date,
            unique: unique
        )
    }
}
