// SPDX-License-Identifier: Apache-2.0

/// The JSON text of a TLS report.
public struct TLSReportVector: Vector {
    /// The kind of these lines.
    public static let kind = "tlsrpt-report"
    /// The stable name.
    public let id: String
    /// The text's octets.
    public let input: Octets
    /// What a reader makes of it.
    public let expect: Expectation
    /// What a strict reader makes of it, nil if the same.
    public let strict: Strict?

    /// The values, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// Successful and failed sessions of each policy in order.
        public let sessions: [[Int]]?
        /// The type of the first policy.
        public let policyType: String?
        /// The result type of its first failure detail.
        public let resultType: String?
        /// The range's first second by RFC 3339 in UTC.
        public let start: String?
        /// The range's last second.
        public let end: String?
        /// What is forgiven, and where, in any order.
        public let deviations: [Field]?
        /// The report as this package writes it.
        public let json: String?
        /// The fault.
        public let error: ReportError?

        enum CodingKeys: String, CodingKey {
            case sessions, start, end, deviations, json, error
            case policyType = "policy_type"
            case resultType = "result_type"
        }
    }

    /// The verdict of a strict reader.
    public struct Strict: Decodable, Sendable {
        /// The fault.
        public let error: ReportError?
    }

    /// The fault that is expected; what is absent is not fixed.
    public struct ReportError: Decodable, Sendable {
        /// The code.
        public let code: String?
        /// Octets before the place at fault.
        public let offset: Int?
        /// The member at fault.
        public let path: String?
    }
}
