// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// The file name of a report (RFC 8460 section 5.1), as in
/// `sender.example!example.com!1470009600!1470095999!001.json.gz`.
///
/// Where it says something else than the report itself, the report is right (section 5.6); see ``ReportConflict``.
public struct ReportFileName: Hashable, Sendable, CustomStringConvertible {
    /// Who sends the report: the domain of its contact-info.
    public let submitter: DomainName

    /// The domain that the report is about.
    public let policyDomain: DomainName

    /// The first second of the report's time range.
    public let begin: UnixTime

    /// The last second of the report's time range.
    public let end: UnixTime

    /// Letters and digits that tell apart reports of several sources for the same domain and time, "unique-id".
    public let unique: String?

    /// Whether the file is compressed: `json.gz`, not `json`.
    public let isCompressed: Bool

    /// A name for a report, or nil if the range lacks an end or lies before 1970, or if `unique` is empty or holds
    /// anything but ASCII letters and digits.
    public init?(
        submitter: DomainName,
        policyDomain: DomainName,
        range: TLSReport.DateRange,
        unique: String? = nil,
        isCompressed: Bool
    ) {
        guard let begin = range.start, let end = range.end, begin.secondsSinceEpoch >= 0, end.secondsSinceEpoch >= 0
        else { return nil }
        if let unique, !Self.isUnique(Array(unique.utf8)[...]) { return nil }
        self.submitter = submitter
        self.policyDomain = policyDomain
        self.begin = begin
        self.end = end
        self.unique = unique
        self.isCompressed = isCompressed
    }

    /// Reads a name; letters of the extension and of the domains may be of either case.
    ///
    /// - Throws: ``ParseError`` with the offset of the field that is at fault.
    public init(parsing text: String) throws(ParseError) {
        let octets = Array(text.utf8)
        // One more than there may be is enough to see that there are too many.
        let fields = octets.split(separator: 0x21, maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 4 || fields.count == 5, let last = fields.last else {
            throw ParseError(code: .fieldCount, offset: 0)
        }
        let dot = last.firstIndex(of: 0x2E) ?? last.endIndex
        switch String(decoding: last[dot...].map(\.asciiLowercased), as: UTF8.self) {
        case ".json": isCompressed = false
        case ".json.gz": isCompressed = true
        default: throw ParseError(code: .fileExtension, offset: dot)
        }
        submitter = try Self.domain(fields[0])
        policyDomain = try Self.domain(fields[1])
        begin = try Self.time(fields[2])
        end = try Self.time(fields.count == 4 ? last[..<dot] : fields[3])
        if fields.count == 5 {
            guard Self.isUnique(last[..<dot]) else { throw ParseError(code: .unique, offset: last.startIndex) }
            unique = String(decoding: last[..<dot], as: UTF8.self)
        } else {
            unique = nil
        }
    }

    /// Reads a name, or gives nil where ``init(parsing:)`` throws.
    public init?(_ text: String) {
        do throws(ParseError) { try self.init(parsing: text) } catch { return nil }
    }

    /// The name. In a MIME parameter it must stand in quotes, since it holds exclamation marks.
    public var description: String {
        let fields = [submitter.description, policyDomain.description, begin.description, end.description]
        let name = (fields + (unique.map { [$0] } ?? [])).joined(separator: "!")
        return name + (isCompressed ? ".json.gz" : ".json")
    }

    private static func isUnique(_ octets: ArraySlice<UInt8>) -> Bool {
        !octets.isEmpty && octets.allSatisfy(\.isASCIIAlphanumeric)
    }

    private static func domain(_ octets: ArraySlice<UInt8>) throws(ParseError) -> DomainName {
        guard let name = DomainName(String(decoding: octets, as: UTF8.self)) else {
            throw ParseError(code: .domain, offset: octets.startIndex)
        }
        return name
    }

    private static func time(_ octets: ArraySlice<UInt8>) throws(ParseError) -> UnixTime {
        guard octets.allSatisfy(\.isASCIIDigit), let seconds = Int64(String(decoding: octets, as: UTF8.self)) else {
            throw ParseError(code: .time, offset: octets.startIndex)
        }
        return UnixTime(secondsSinceEpoch: seconds)
    }
}

extension ReportFileName {
    /// Why a text is no file name of a report, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: String, Sendable {
            /// There are not four or five fields with exclamation marks between them.
            case fieldCount
            /// A domain is none, or not in A-labels.
            case domain
            /// A time is no number of seconds since 1970.
            case time
            /// The unique id holds something else than ASCII letters and digits, or nothing.
            case unique
            /// The extension is neither `json` nor `json.gz`.
            case fileExtension
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the field at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .fieldCount: "not four or five fields with exclamation marks between them"
            case .domain: "no domain name in A-labels at octet \(offset + 1)"
            case .time: "no seconds since 1970 at octet \(offset + 1)"
            case .unique: "the unique id at octet \(offset + 1) is not of letters and digits"
            case .fileExtension: "the extension at octet \(offset + 1) is neither json nor json.gz"
            }
        }
    }
}
