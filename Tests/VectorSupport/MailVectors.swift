// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A mail that may carry TLS reports.
public struct MailVector: Vector {
    /// The kind of these lines.
    public static let kind = "mail"
    /// The stable name.
    public let id: String
    /// The mail's file in Tests/Vectors/mail.
    public let file: String
    /// What a reader makes of it.
    public let expect: Expectation

    /// What a reader makes of a mail.
    public struct Expectation: Decodable, Sendable {
        /// Whether the mail says that it carries a report.
        public let tlsReport: Bool
        /// The field TLS-Report-Domain.
        public let reportDomain: String?
        /// The field TLS-Report-Submitter.
        public let reportSubmitter: String?
        /// Whether the subject is that of a report.
        public let subject: Bool
        /// Whether mx.policy.example found a valid DKIM signature of sender.example for the whole body.
        public let dkimPass: Bool
        /// The parts that may be reports.
        public let parts: [Part]
        /// What a reader forgives.
        public let deviations: [String]

        enum CodingKeys: String, CodingKey {
            case subject, parts, deviations
            case tlsReport = "tls_report"
            case reportDomain = "report_domain"
            case reportSubmitter = "report_submitter"
            case dkimPass = "dkim_pass"
        }
    }

    /// A part that may be a report.
    public struct Part: Decodable, Sendable {
        /// The media type in lower case.
        public let mediaType: String
        /// The decoded file name.
        public let fileName: String?
        /// The file in Tests/Vectors/mail that the decoded content equals, nil if it is not compared.
        public let content: String?
        /// Whether it stands in a forwarded mail; absent if not.
        public let forwarded: Bool?

        enum CodingKeys: String, CodingKey {
            case content, forwarded
            case mediaType = "media_type"
            case fileName = "file_name"
        }
    }

    /// The octets of a file in Tests/Vectors/mail.
    public static func octets(of file: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("Vectors/mail/\(file)")))
    }
}
