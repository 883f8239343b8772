// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension STSPolicy {
    /// Reads a policy as a sender does: by the grammar of RFC 8461 section 3.2, forgiving exactly four things.
    ///
    /// Forgiven are lines that are empty or hold only blanks (skipped), one final dot of an `mx` value (removed),
    /// underscores in an `mx` value (kept), and a max_age above ``maximumMaxAge`` (lowered to it). Their meaning is
    /// beyond doubt, they are common, and to drop the policy would be a downgrade.
    ///
    /// - Throws: ``ParseError`` for the first fault. To a sender that is a failed fetch: a cached policy stays in force.
    public init(parsing octets: [UInt8]) throws(ParseError) {
        try self.init(octets, leniently: true)
    }

    /// Reads a policy from text as a sender does.
    ///
    /// - Throws: ``ParseError`` for the first fault.
    public init(parsing text: String) throws(ParseError) {
        try self.init(Array(text.utf8), leniently: true)
    }

    /// Reads a policy by the grammar alone, forgiving nothing.
    ///
    /// - Throws: ``ParseError`` for the first fault.
    public init(strictlyParsing octets: [UInt8]) throws(ParseError) {
        try self.init(octets, leniently: false)
    }

    /// Reads a policy from text by the grammar alone, forgiving nothing.
    ///
    /// - Throws: ``ParseError`` for the first fault.
    public init(strictlyParsing text: String) throws(ParseError) {
        try self.init(Array(text.utf8), leniently: false)
    }

    private init(_ octets: [UInt8], leniently: Bool) throws(ParseError) {
        guard octets.count <= Self.maximumOctets else {
            throw ParseError(code: .tooLarge, offset: Self.maximumOctets, line: 1)
        }
        var reader = PolicyReader(isLenient: leniently)
        try reader.read(octets.span)
        // A buffer with much room to spare would be kept as long as the policy.
        let text = octets.capacity > octets.count + 64 ? Array(octets[...]) : octets
        self.init(text: text, contents: reader)
    }

    /// Why a text is no policy, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: Hashable, Sendable {
            /// The text has more than ``STSPolicy/maximumOctets`` octets.
            case tooLarge
            /// The text is empty.
            case empty
            /// A line is empty or holds only blanks (strict reading alone).
            case blankLine
            /// A line begins with a blank.
            case leadingBlank
            /// A line does not begin with a field name.
            case fieldName
            /// A field name has more than 32 octets.
            case nameTooLong
            /// There is no colon right after the field name.
            case missingColon
            /// The value of an unknown or repeated field is empty or holds an octet that it may not hold.
            case extensionValue
            /// The first `version` is not `STSv1`.
            case version
            /// The first `mode` is not `enforce`, `testing` or `none`.
            case mode
            /// The first `max_age` is not 1 to 10 digits.
            case maxAge
            /// The first `max_age` is above ``STSPolicy/maximumMaxAge`` (strict reading alone).
            case maxAgeTooLarge
            /// An `mx` value is not a pattern.
            case mx(MXPattern.ParseError.Code)
            /// There is no `version`.
            case missingVersion
            /// There is no `mode`.
            case missingMode
            /// There is no `max_age`.
            case missingMaxAge
            /// There is no `mx` although the mode is not `none`.
            case missingMX
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault.
        public let offset: Int

        /// The number of the line at fault, from 1.
        public let line: Int

        init(code: Code, offset: Int, line: Int) {
            self.code = code
            self.offset = offset
            self.line = line
        }

        /// A sentence for people.
        public var description: String {
            switch code {
            case .tooLarge: "the policy has more than \(maximumOctets) octets"
            case .empty: "the policy is empty"
            case .missingVersion: "there is no line \"version: STSv1\""
            case .missingMode: "there is no line \"mode: ...\""
            case .missingMaxAge: "there is no line \"max_age: ...\""
            case .missingMX: "there is no line \"mx: ...\""
            default: "line \(line): \(code.fault)"
            }
        }
    }
}

extension STSPolicy.ParseError.Code {
    fileprivate var fault: String {
        switch self {
        case .blankLine: "a blank line is outside the grammar"
        case .leadingBlank: "a line must not begin with a blank"
        case .fieldName: "a line begins with a field name"
        case .nameTooLong: "the field name has more than 32 octets"
        case .missingColon: "no colon right after the field name"
        case .extensionValue: "the value is empty or holds an octet that is not allowed"
        case .version: "the version is not STSv1"
        case .mode: "the mode is not enforce, testing or none"
        case .maxAge: "max_age is not a number of 1 to 10 digits"
        case .maxAgeTooLarge: "max_age is greater than \(STSPolicy.maximumMaxAge)"
        case .mx(let code): "the mx value is not a host name or *. and a host name (\(code.reason))"
        case .tooLarge, .empty, .missingVersion, .missingMode, .missingMaxAge, .missingMX: ""
        }
    }
}
