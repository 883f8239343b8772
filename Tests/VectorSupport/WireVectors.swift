// SPDX-License-Identifier: Apache-2.0

/// The fault that a parser is expected to find; what is absent is not fixed.
public struct ExpectedError: Decodable, Hashable, Sendable {
    /// The code, by the name it has in the README of Tests/Vectors.
    public let code: String?
    /// The code within the code, for an `mx` value.
    public let detail: String?
    /// Octets before the place at fault.
    public let offset: Int?
    /// The line at fault, from 1.
    public let line: Int?
}

/// One TXT resource record, already joined.
public struct RecordVector: Vector {
    /// The kind of these lines.
    public static let kind = "record"
    /// The stable name.
    public let id: String
    /// The record's octets.
    public let input: Octets
    /// What a reader makes of it.
    public let expect: Expectation

    /// The values, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// The record's id.
        public let id: String?
        /// The other fields in order.
        public let extensions: [Field]?
        /// The fault.
        public let error: ExpectedError?
    }
}

/// The TXT resource records at a name.
public struct RecordSetVector: Vector {
    /// The kind of these lines.
    public static let kind = "record-set"
    /// The stable name.
    public let id: String
    /// The resource records, each as its character-strings.
    public let rrset: [[Octets]]
    /// What a sender makes of them.
    public let expect: Expectation

    /// The record's values, or why there is none.
    public struct Expectation: Decodable, Sendable {
        /// The record's id.
        public let id: String?
        /// The other fields in order, nil if they are not compared.
        public let extensions: [Field]?
        /// `absent`, `several`, `malformed`, or `any` of these.
        public let none: String?
        /// How many records are left of several.
        public let count: Int?
        /// The fault of a malformed record.
        public let error: ExpectedError?
        /// Either outcome will do, but there must be one.
        public let either: Bool?
    }
}

/// An id derived from content.
public struct RecordIDVector: Vector {
    /// The kind of these lines.
    public static let kind = "record-id"
    /// The stable name.
    public let id: String
    /// The content.
    public let input: Octets
    /// The id.
    public let expect: Expectation

    /// The id.
    public struct Expectation: Decodable, Sendable {
        /// The id.
        public let id: String
    }
}

/// A policy file.
public struct PolicyVector: Vector {
    /// The kind of these lines.
    public static let kind = "policy"
    /// The stable name.
    public let id: String
    /// The file's octets.
    public let input: Octets
    /// What a sender makes of it.
    public let expect: Expectation
    /// What the strict reader makes of it, nil if the same.
    public let strict: Expectation?
    /// What is unusual in the file.
    public let traits: [String]?

    /// The values, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// `enforce`, `testing` or `none`.
        public let mode: String?
        /// Seconds, lowered to the maximum.
        public let maxAge: Int?
        /// The patterns in order.
        public let mx: [String]?
        /// The patterns that match nothing.
        public let inert: [String]?
        /// The other fields in order, nil if they are not compared.
        public let extensions: [Field]?
        /// The fault.
        public let error: ExpectedError?
        /// Either outcome will do, but there must be one.
        public let either: Bool?

        enum CodingKeys: String, CodingKey {
            case mode, mx, inert, extensions, error, either
            case maxAge = "max_age"
        }
    }
}

/// A policy to be written.
public struct PolicyWriteVector: Vector {
    /// The kind of these lines.
    public static let kind = "policy-write"
    /// The stable name.
    public let id: String
    /// What is to be written.
    public let policy: Content
    /// The text, or why it is refused.
    public let expect: Expectation

    /// What is to be written.
    public struct Content: Decodable, Sendable {
        /// The mode's name.
        public let mode: String
        /// Seconds.
        public let maxAge: Int
        /// The patterns.
        public let mx: [String]
        /// The other fields.
        public let extensions: [Field]

        enum CodingKeys: String, CodingKey {
            case mode, mx, extensions
            case maxAge = "max_age"
        }
    }

    /// The text with CR LF, or the fault.
    public struct Expectation: Decodable, Sendable {
        /// The text with CR LF.
        public let text: String?
        /// The fault.
        public let error: ExpectedError?
    }
}
