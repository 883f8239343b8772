// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TXTFields

/// The TXT record at `_mta-sts.` and a policy domain, which announces a policy (RFC 8461 section 3.1).
///
/// Only a change of ``id`` means something: the policy is to be fetched again. Its text is at ``description``.
public struct STSRecord: Hashable, Sendable {
    /// The id of the policy instance.
    public let id: ID

    /// The fields other than `v` and `id`, in order; of fields with one name only the first (section 3.2, last
    /// paragraph).
    public let extensions: [Extension]

    /// A record to be published. Of extensions with one name only the first is kept.
    public init(id: ID, extensions: [Extension] = []) {
        self.id = id
        var collector = ExtensionCollector()
        for field in extensions { collector.add(field) }
        self.extensions = collector.fields
    }

    /// Reads a record from the joined character-strings of one TXT resource record.
    ///
    /// - Throws: ``ParseError``. To a sender that means "no record" (section 3.1), never that a cached policy ends.
    public init(parsing octets: Span<UInt8>) throws(ParseError) {
        var reader = RecordReader()
        try reader.read(octets)
        guard let id = reader.id else { throw ParseError(code: .missingID, offset: octets.count) }
        self.id = id
        self.extensions = reader.extensions?.fields ?? []
    }

    /// Reads a record from the joined character-strings of one TXT resource record.
    ///
    /// - Throws: ``ParseError``. To a sender that means "no record" (section 3.1), never that a cached policy ends.
    public init(parsing octets: [UInt8]) throws(ParseError) { try self.init(parsing: octets.span) }

    /// Reads a record from text.
    ///
    /// - Throws: ``ParseError``. To a sender that means "no record" (section 3.1), never that a cached policy ends.
    public init(parsing text: String) throws(ParseError) { try self.init(parsing: text.utf8.span) }
}

extension STSRecord: CustomStringConvertible {
    /// The record as it is published: `v=STSv1; id=...;` and the extensions, no blank before a semicolon.
    public var description: String {
        var text = "v=STSv1; id=\(id);"
        for field in extensions { text += " \(field.name)=\(field.value);" }
        return text
    }
}

extension STSRecord {
    /// The id of a policy instance: 1 to 32 ASCII letters and digits, without order. Case counts.
    public struct ID: Hashable, Sendable, CustomStringConvertible {
        /// The most octets of an id (RFC 8461 section 3.1).
        public static let maximumOctets = 32

        // Up to 32 octets, zero-filled: an id never needs the heap.
        private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        private var count: UInt8 = 0

        /// An id, or nil if the text is not 1 to 32 ASCII letters and digits.
        public init?(_ text: String) {
            let octets = text.utf8.span
            guard (1...Self.maximumOctets).contains(octets.count) else { return nil }
            self.init()
            for index in 0..<octets.count {
                guard octets[index].isASCIIAlphanumeric else { return nil }
                append(octets[index])
            }
        }

        init() {}

        /// The id at `start..<end`, which are 1 to 32 letters and digits.
        init(checked octets: Span<UInt8>, from start: Int, to end: Int) {
            words.0 = octets.word(from: start, to: end)
            if end &- start > 8 { words.1 = octets.word(from: start &+ 8, to: end) }
            if end &- start > 16 { words.2 = octets.word(from: start &+ 16, to: end) }
            if end &- start > 24 { words.3 = octets.word(from: start &+ 24, to: end) }
            count = UInt8(truncatingIfNeeded: end - start)
        }

        mutating func append(_ octet: UInt8) {
            let shifted = UInt64(octet) << (UInt64(count & 7) * 8)
            switch count >> 3 {
            case 0: words.0 |= shifted
            case 1: words.1 |= shifted
            case 2: words.2 |= shifted
            default: words.3 |= shifted
            }
            count += 1
        }

        /// An id derived from content: the same octets give the same id on every machine and in every version.
        ///
        /// It is the 128-bit FNV-1a hash in base 32. Two contents of one length that differ in one octet never share
        /// an id; other accidental collisions do not happen in practice. It is no defence against an adversary, and
        /// needs to be none: an id only says that something changed.
        public init(hashing octets: [UInt8]) {
            var hash = FNV1a.hash128(octets.span)
            self.init()
            for _ in 0..<26 {
                let digit = UInt8(truncatingIfNeeded: hash & 31)
                append(digit < 10 ? 0x30 + digit : 0x61 + (digit - 10))
                hash >>= 5
            }
        }

        /// The id as text.
        public var description: String {
            var octets: [UInt8] = []
            octets.reserveCapacity(Int(count))
            for word in [words.0, words.1, words.2, words.3] {
                for shift in stride(from: UInt64(0), to: 64, by: 8) where octets.count < Int(count) {
                    octets.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
            return String(decoding: octets, as: UTF8.self)
        }

        /// Whether two ids have the same octets (there is no order of ids).
        public static func == (lhs: ID, rhs: ID) -> Bool {
            lhs.count == rhs.count && lhs.words == rhs.words
        }

        /// Feeds the octets to the hasher.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
            hasher.combine(words.2)
            hasher.combine(words.3)
        }
    }

    /// A field of a record other than `v` and `id` (RFC 8461 section 3.1, "sts-extension").
    public struct Extension: Hashable, Sendable {
        /// 1 to 32 octets: a letter or digit, then letters, digits, `_`, `-` and `.`.
        public let name: String

        /// One or more visible ASCII octets but `=` and `;`.
        public let value: String

        /// A field, or nil if name or value are outside the grammar or the name is `v` or `id`.
        public init?(name: String, value: String) {
            guard TXTField.isExtension(name: name, value: value), name != "v", name != "id" else { return nil }
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
            /// The text does not begin with `v=STSv1`.
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
            /// A field has nothing after the equals sign.
            case emptyValue
            /// In or after a value there is neither an octet of it nor a semicolon.
            case forbiddenOctet
            /// Blanks end the text without a semicolon before them.
            case blankAtEnd
            /// The first `id` is not 1 to 32 letters and digits.
            case invalidID
            /// There is no field `id`.
            case missingID
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .version: "the record does not begin with v=STSv1"
            case .missingDelimiter: "no semicolon after v=STSv1 (octet \(offset + 1))"
            case .emptyField: "empty field at octet \(offset + 1)"
            case .fieldName: "a field name begins with a letter or digit (octet \(offset + 1))"
            case .nameTooLong: "the field name at octet \(offset + 1) has more than 32 octets"
            case .missingEquals: "no equals sign after the field name (octet \(offset + 1))"
            case .emptyValue: "no value after the equals sign (octet \(offset + 1))"
            case .forbiddenOctet: "octet \(offset + 1) is neither part of a value nor a semicolon"
            case .blankAtEnd: "blanks at the end without a semicolon before them (octet \(offset + 1))"
            case .invalidID: "the id at octet \(offset + 1) is not 1 to 32 letters and digits"
            case .missingID: "the record has no id"
            }
        }
    }
}
