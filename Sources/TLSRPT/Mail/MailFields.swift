// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// The header fields of a mail that have to do with reports, unfolded, as they were written.
///
/// All of them come from whoever wrote the mail, Authentication-Results too unless it is that of your own server.
public struct MailFields: Hashable, Sendable {
    /// The field From.
    public internal(set) var from: String?

    /// The field Subject, encoded words (RFC 2047) decoded.
    public internal(set) var subject: String?

    /// The field Date, not read.
    public internal(set) var date: String?

    /// The field Message-ID.
    public internal(set) var messageID: String?

    /// The field TLS-Report-Domain (RFC 8460 section 5.3): the domain that the report is said to be about.
    public internal(set) var reportDomain: String?

    /// The field TLS-Report-Submitter (section 5.3): who is said to send the report.
    public internal(set) var reportSubmitter: String?

    /// The fields DKIM-Signature, from the top. Nothing here verifies them: that is the receiving server's part, whose
    /// verdict stands in ``authenticationResults``.
    public internal(set) var dkimSignatures: [DKIMSignature] = []

    /// Whether there are more fields DKIM-Signature than are kept, or one was cut. What they say, a limit on the body
    /// perhaps, is not known then.
    public internal(set) var hasUnreadSignatures = false

    /// The fields Authentication-Results (RFC 8601), from the top, but for those that are longer than the limit.
    public internal(set) var authenticationResults: [AuthenticationResults] = []

    /// No fields.
    init() {}

    /// The subject taken apart, nil if it is none of a report (section 5.3).
    public var reportSubject: ReportSubject.Reading? {
        guard let subject else { return nil }
        do throws(ReportSubject.ParseError) { return try ReportSubject.read(subject) } catch { return nil }
    }

    /// Whether there is a DKIM signature. RFC 8460 section 3 wants a report without a valid one ignored.
    public var hasDKIMSignature: Bool { !dkimSignatures.isEmpty }

    /// Whether a DKIM signature limits the body that it covers, which section 3 forbids: what follows may be anyone's.
    public var hasDKIMLengthLimit: Bool { dkimSignatures.contains(where: \.hasLengthLimit) }

    /// Whether your own server found a valid DKIM signature of a domain, without a limit on the body.
    ///
    /// RFC 8460 section 3 wants a report ignored for which this is false, `domain` being the submitter, or for some
    /// senders a domain above it. It is false, too, where ``hasUnreadSignatures`` is true. Do not ask it of a mail
    /// that was forwarded inside another (``ReportFile/Mail/isForwarded``): your server removed nothing from its fields.
    ///
    /// - Parameters:
    ///   - domain: The domain that must have signed.
    ///   - server: The name under which your server writes the field, its authserv-id. Fields of other names are no
    ///     evidence, and your server must remove those of its own name that come from outside (RFC 8601 section 5).
    public func hasValidDKIM(of domain: DomainName, checkedBy server: String) -> Bool {
        guard !hasUnreadSignatures else { return false }
        // A verifier that takes a signature with l= would report it as valid; which of two it means cannot be told.
        guard !dkimSignatures.contains(where: { $0.domain == domain && $0.hasLengthLimit }) else { return false }
        let server = server.lowercased()
        return authenticationResults.contains { $0.serverID?.lowercased() == server && $0.passesDKIM(of: domain) }
    }
}

/// A DKIM-Signature field (RFC 6376 section 3.5), as far as reports go by it. Nothing here says that it is valid.
public struct DKIMSignature: Hashable, Sendable {
    /// The domain that signed, `d=`; nil if it is missing or no domain name.
    public let domain: DomainName?

    /// Whether there is a tag `l=`, by which the signature covers the beginning of the body alone.
    public let hasLengthLimit: Bool

    /// The names of the header fields covered, `h=`, in lower case.
    public let signedFields: [String]

    /// Reads the unfolded value of a field: `tag=value` with semicolons between (section 3.2).
    public init(_ value: String) {
        var domain: DomainName?
        var hasLengthLimit = false
        var signedFields: [String] = []
        for tag in value.utf8.split(separator: 0x3B) {
            guard let equals = tag.firstIndex(of: 0x3D) else { continue }
            let content = String(decoding: tag[tag.index(after: equals)...].filter { !$0.isBlank }, as: UTF8.self)
            switch String(decoding: tag[..<equals].filter { !$0.isBlank }, as: UTF8.self) {
            case "d": domain = domain ?? DomainName(content)
            case "l": hasLengthLimit = true
            case "h": signedFields = content.utf8.split(separator: 0x3A).map { Self.lowercased($0) }
            default: break
            }
        }
        self.domain = domain
        self.hasLengthLimit = hasLengthLimit
        self.signedFields = signedFields
    }

    private static func lowercased(_ name: Substring.UTF8View) -> String {
        String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
    }
}
