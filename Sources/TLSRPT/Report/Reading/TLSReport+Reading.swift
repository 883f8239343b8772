// SPDX-License-Identifier: Apache-2.0

extension TLSReport {
    /// Reads a report (RFC 8460 section 4) from its JSON text, in UTF-8 and not compressed.
    ///
    /// Much that senders do against the text of the RFC is forgiven, by a list: every case of ``Deviation/Kind-enum``.
    /// Each place where that happened is named in the result; ``Reading/conforms`` is the strict verdict. Nothing else
    /// is forgiven: a report without its session counts, with a count that is none, with a date that is none, or with
    /// a value of another type than the RFC gives it is refused.
    ///
    /// Members that are not in section 4.4 are kept. The content is untrusted (section 7): fetch no URI of it unasked,
    /// and escape it where it is shown.
    ///
    /// - Throws: ``ParseError`` with the first fault and its place.
    public static func read(
        json octets: [UInt8],
        limits: ReadingLimits = .default
    ) throws(ParseError) -> Reading {
        var decoder = ReportDecoder(try JSONReader.read(octets, limits))
        let report = try decoder.report()
        return Reading(
            report: report,
            deviations: decoder.deviations.list,
            omittedDeviations: decoder.deviations.omitted,
            conforms: !decoder.deviations.hasBreach
        )
    }

    /// A report as read, and how it deviates from RFC 8460.
    public struct Reading: Hashable, Sendable {
        /// The report.
        public let report: TLSReport

        /// What had to be forgiven, in about the order of the text; at most ``maximumDeviations``.
        public let deviations: [Deviation]

        /// How many more deviations there are than ``deviations`` holds.
        public let omittedDeviations: Int

        /// Whether the report keeps the text of RFC 8460 and the RFCs it rests on: it has no deviation that is a breach,
        /// among those omitted neither.
        public let conforms: Bool

        /// The most deviations that are named.
        public static let maximumDeviations = 1_000
    }

    /// What a report may cost to read.
    public struct ReadingLimits: Hashable, Sendable {
        /// The most octets of a text. What is above 2^31 - 1 is refused whatever the limit.
        public var maximumOctets: Int

        /// The most arrays and objects within each other.
        public var maximumDepth: Int

        /// The most values and member names together. Each takes 16 octets while the text is read, and for a moment
        /// three times as much where a text has more of them than one in 16 octets and the table grows.
        public var maximumValues: Int

        /// 64 MiB, 32 deep, 4 million values: more than any report needs, in 64 MB besides the text and the report, and
        /// up to 192 MB for a moment.
        public static let `default` = ReadingLimits()

        /// Limits; by default those of ``default``.
        public init(
            maximumOctets: Int = 64 << 20,
            maximumDepth: Int = 32,
            maximumValues: Int = 4_000_000
        ) {
            self.maximumOctets = maximumOctets
            self.maximumDepth = maximumDepth
            self.maximumValues = maximumValues
        }
    }

    /// Why a text is no report, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault. For a member that is missing, that of the object it is
        /// missing from.
        public let offset: Int

        /// The member at fault, as in `policies[0].summary.total-failure-session-count`; empty where the text is no
        /// JSON.
        public let path: String

        init(_ code: Code, at offset: Int, path: String = "") {
            self.code = code
            self.offset = offset
            self.path = path
        }

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            let place = path.isEmpty ? "octet \(offset + 1)" : "\(path) (octet \(offset + 1))"
            return "\(place): \(code.description)"
        }
    }
}

extension TLSReport.ParseError {
    /// What is at fault in a text that is no report.
    public enum Code: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// The text has more octets than the limit.
        case tooLarge
        /// Arrays and objects are deeper within each other than the limit.
        case tooDeep
        /// There are more values than the limit.
        case tooManyValues
        /// There is no value at all.
        case empty
        /// The text ends within a value.
        case unexpectedEnd
        /// An octet that may not stand there (RFC 8259 section 2).
        case unexpectedOctet
        /// After the value there is more (RFC 8259 section 2).
        case trailingOctets
        /// The octets are not UTF-8 (RFC 8259 section 8.1).
        case invalidUTF8
        /// A backslash with what it may not escape (RFC 8259 section 7).
        case invalidEscape
        /// One half of a surrogate pair without the other (RFC 7493 section 2.1).
        case loneSurrogate
        /// A control character that is not escaped (RFC 8259 section 7).
        case controlCharacter
        /// A number that JSON does not have (RFC 8259 section 6).
        case invalidNumber
        /// An object has two members of one name (RFC 7493 section 2.3).
        case duplicateMember
        /// The value is of another type than the member has (RFC 8460 section 4.4).
        case wrongType
        /// There is no array of policies (RFC 8460 section 4).
        case missingPolicies
        /// A session count is missing (RFC 8460 section 4.4).
        case missingCount
        /// The result type is missing (RFC 8460 section 4.4).
        case missingResultType
        /// The count is no whole number, or is negative.
        case invalidCount
        /// The count is above 2^53 - 1 (RFC 7493 section 2.2).
        case countTooLarge
        /// The date and time cannot be read (RFC 3339 section 5.6).
        case invalidDate

        /// A sentence for people.
        public var description: String {
            switch self {
            case .tooLarge: "the report is too large"
            case .tooDeep: "too many arrays and objects within each other"
            case .tooManyValues: "too many values"
            case .empty: "there is no JSON value"
            case .unexpectedEnd: "the text ends within a value"
            case .unexpectedOctet: "not what JSON wants here"
            case .trailingOctets: "after the report there is more"
            case .invalidUTF8: "not UTF-8"
            case .invalidEscape: "an escape that JSON does not have"
            case .loneSurrogate: "half of a surrogate pair"
            case .controlCharacter: "a control character that is not escaped"
            case .invalidNumber: "a number that JSON does not have"
            case .duplicateMember: "the object has a member of this name already"
            case .wrongType: "the value is of the wrong type"
            case .missingPolicies: "there is no array of policies"
            case .missingCount: "the session count is missing"
            case .missingResultType: "the result type is missing"
            case .invalidCount: "a count must be a whole number, not negative"
            case .countTooLarge: "the count is above 2^53 - 1"
            case .invalidDate: "no date and time"
            }
        }
    }
}
