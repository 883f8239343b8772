// SPDX-License-Identifier: Apache-2.0

/// The TXT resource records at `_smtp._tls`.
public struct TLSReportingRecordVector: Vector {
    /// The kind of these lines.
    public static let kind = "tlsrpt-record"
    /// The stable name.
    public let id: String
    /// The resource records, each as its character-strings.
    public let rrset: [[Octets]]
    /// What a sender makes of them.
    public let expect: Expectation

    /// The record's values, or why there is none.
    public struct Expectation: Decodable, Sendable {
        /// The URIs in order, nil if they are not compared.
        public let rua: [String]?
        /// `mailto` or `https`, and the address or URL, nil if they are not compared.
        public let destinations: [Field]?
        /// Those of the URIs that cannot be used, and why.
        public let unusable: [Field]?
        /// The other fields in order, nil if they are not compared.
        public let extensions: [Field]?
        /// `absent`, `several`, `malformed`, or `any` of these.
        public let none: String?
        /// How many records are left of several.
        public let count: Int?
        /// The fault of a malformed record.
        public let error: ExpectedError?
    }
}
