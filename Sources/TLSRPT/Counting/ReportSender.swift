// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Who sends TLS reports: what each of its reports says of it (RFC 8460 section 4.4).
public struct ReportSender: Hashable, Sendable {
    /// The organisation's name, "organization-name"; never empty.
    public let organizationName: String

    /// The mail address of who is responsible, "contact-info": an addr-spec of ASCII, whose domain is ``submitter``.
    public let contactInfo: String

    /// The domain that stands for the sender, in report-id, file name and header fields (section 5.3).
    public let submitter: DomainName

    /// Tells one of several senders of the same submitter from the others, if each sends reports of its own.
    public let instance: String?

    /// Why something is no sender.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The organisation's name is empty, too long or holds control characters.
        case organizationName
        /// The contact is no mail address of the form `local@domain` in ASCII.
        case contactInfo
        /// The contact's domain is not the submitter.
        case submitter
        /// The instance is not 1 to 63 letters, digits and hyphens.
        case instance

        /// A sentence for people.
        public var description: String {
            switch self {
            case .organizationName: "the organisation's name must have 1 to 255 octets and no control characters"
            case .contactInfo: "the contact must be a mail address in ASCII, without name and without mailto:"
            case .submitter: "the contact's domain must be the submitter"
            case .instance: "the instance must have 1 to 63 letters, digits and hyphens"
            }
        }
    }

    /// A sender of reports.
    ///
    /// - Parameters:
    ///   - organizationName: The organisation's name.
    ///   - contactInfo: The mail address of who is responsible, such as `tls-reports@example.net`.
    ///   - submitter: The contact's domain; it may be left out.
    ///   - instance: Tells one of several senders of the same submitter from the others; none if there is one.
    public init(
        organizationName: String,
        contactInfo: String,
        submitter: DomainName? = nil,
        instance: String? = nil
    ) throws(Fault) {
        let name = FailureKind(.validationFailure, reason: organizationName, peer: SessionPeer(), limit: 255).reason
        guard name == organizationName else { throw .organizationName }
        guard let at = contactInfo.lastIndex(of: "@"), contactInfo.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let domain = DomainName(String(contactInfo[contactInfo.index(after: at)...])),
            let address = try? MailAddress.checked(contactInfo, for: .sender)
        else { throw .contactInfo }
        guard submitter ?? domain == domain else { throw .submitter }
        let isToken = instance?.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == 0x2D } ?? true
        guard isToken, instance.map({ (1...63).contains($0.utf8.count) }) ?? true else { throw .instance }
        self.organizationName = organizationName
        self.contactInfo = address
        self.submitter = domain
        self.instance = instance
    }

    /// The "report-id" of the report on a domain and a day: the same for every attempt to send it, another for every
    /// other report of the submitter.
    ///
    /// - Parameters:
    ///   - day: The day.
    ///   - domain: The domain.
    ///   - part: Which report on them it is: above 1 for sessions that came to light when a report was made already.
    public func reportID(for day: ReportDay, domain: DomainName, part: Int = 1) -> String {
        // No date and no domain name has a "+": none of these can be taken for another.
        let later = part > 1 ? "+\(part)" : ""
        return "\(day)\(later).\(domain)\(instance.map { "+\($0)" } ?? "")@\(submitter)"
    }
}
