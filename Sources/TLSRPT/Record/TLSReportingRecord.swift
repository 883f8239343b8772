// SPDX-License-Identifier: Apache-2.0

public import STSCore
internal import TXTFields

/// The TXT record at `_smtp._tls.` and a policy domain, which asks for TLS reports (RFC 8460 section 3).
///
/// The name is that of the policy domain itself: parent domains are not searched. Its text is at ``description``.
public struct TLSReportingRecord: Hashable, Sendable {
    /// Where reports are wanted: the URIs of all `rua` fields, in order, without repeats; never empty.
    ///
    /// What is no URI of the grammar is not among them: it is dropped alone. Which of them can be used is at
    /// ``ReportURI/destination``.
    public let reportURIs: [ReportURI]

    /// The fields other than `v` and `rua`, in order. RFC 8460 knows no rule for fields with one name: all are kept.
    public let extensions: [Extension]

    /// A record to be published, nil if there is no URI. Repeated URIs are dropped.
    public init?(reportURIs: [ReportURI], extensions: [Extension] = []) {
        var collector = ReportURICollector()
        for uri in reportURIs { collector.add(uri) }
        guard !collector.uris.isEmpty else { return nil }
        self.reportURIs = collector.uris
        self.extensions = extensions
    }

    /// Reads a record from the joined character-strings of one TXT resource record.
    ///
    /// - Throws: ``ParseError``. To a sender that means that the domain asks for no reports.
    public init(parsing octets: Span<UInt8>) throws(ParseError) {
        var reader = TLSReportingReader()
        try reader.read(octets)
        guard !reader.reportURIs.uris.isEmpty else {
            throw reader.invalidURI.map { ParseError(code: .invalidURI, offset: $0) }
                ?? ParseError(code: .missingRUA, offset: octets.count)
        }
        reportURIs = reader.reportURIs.uris
        extensions = reader.extensions
    }

    /// Reads a record from the joined character-strings of one TXT resource record.
    ///
    /// - Throws: ``ParseError``. To a sender that means that the domain asks for no reports.
    public init(parsing octets: [UInt8]) throws(ParseError) { try self.init(parsing: octets.span) }

    /// Reads a record from text.
    ///
    /// - Throws: ``ParseError``. To a sender that means that the domain asks for no reports.
    public init(parsing text: String) throws(ParseError) { try self.init(parsing: text.utf8.span) }

    /// The destinations of those URIs that can be used, in order. Reports may go to each of them, and count as sent
    /// once one has taken them; if there is none, nothing is sent.
    public var destinations: [Destination] { reportURIs.compactMap(\.destination) }
}

extension TLSReportingRecord: CustomStringConvertible {
    /// The record as it is published: `v=TLSRPTv1; rua=...;` and the extensions, no blank before a semicolon.
    public var description: String {
        var text = "v=TLSRPTv1; rua=\(reportURIs.map(\.text).joined(separator: ","));"
        for field in extensions { text += " \(field.name)=\(field.value);" }
        return text
    }
}

extension DomainName {
    /// The name of the TXT record that asks for TLS reports about this policy domain (RFC 8460 section 3), nil if it
    /// would be too long for DNS.
    public var tlsReportingRecordName: DomainName? { prefixed(by: "_smtp._tls") }
}

extension TLSReportingRecord {
    /// A field of a record other than `v` and `rua` (RFC 8460 section 3, "tlsrpt-extension").
    public struct Extension: Hashable, Sendable {
        /// 1 to 32 octets: a letter or digit, then letters, digits, `_`, `-` and `.`.
        public let name: String

        /// One or more visible ASCII octets but `=` and `;`.
        public let value: String

        /// A field, or nil if name or value are outside the grammar or the name is `v` or `rua`.
        public init?(name: String, value: String) {
            guard TXTField.isExtension(name: name, value: value), name != "v", name != "rua" else { return nil }
            self.init(checkedName: name, value: value)
        }

        init(checkedName name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Why a text is no record, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: String, Sendable {
            /// The text does not begin with `v=TLSRPTv1`.
            case version
            /// There is no semicolon after the version.
            case missingDelimiter
            /// There is nothing between two semicolons.
            case emptyField
            /// A field name is outside the grammar.
            case fieldName
            /// A field name has more than 32 octets.
            case nameTooLong
            /// A field has no equals sign, or a blank before it.
            case missingEquals
            /// A field has nothing after the equals sign, or a blank.
            case emptyValue
            /// In or after a value there is neither an octet of it nor a semicolon.
            case forbiddenOctet
            /// Blanks end the text without a semicolon before them.
            case blankAtEnd
            /// A comma in a `rua` has no URI before or after it.
            case emptyURI
            /// What the `rua` fields list are no URIs of the grammar, the first of them at the offset.
            case invalidURI
            /// There is no field `rua`.
            case missingRUA
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .version: "the record does not begin with v=TLSRPTv1"
            case .missingDelimiter: "no semicolon after v=TLSRPTv1 (octet \(offset + 1))"
            case .emptyField: "empty field at octet \(offset + 1)"
            case .fieldName: "a field name begins with a letter or digit (octet \(offset + 1))"
            case .nameTooLong: "the field name at octet \(offset + 1) has more than 32 octets"
            case .missingEquals: "no equals sign after the field name (octet \(offset + 1))"
            case .emptyValue: "no value after the equals sign (octet \(offset + 1))"
            case .forbiddenOctet: "octet \(offset + 1) is neither part of a value nor a semicolon"
            case .blankAtEnd: "blanks at the end without a semicolon before them (octet \(offset + 1))"
            case .emptyURI: "a comma without a URI before or after it (octet \(offset + 1))"
            case .invalidURI: "no URI in rua; what is at octet \(offset + 1) is none"
            case .missingRUA: "the record has no rua"
            }
        }
    }
}
