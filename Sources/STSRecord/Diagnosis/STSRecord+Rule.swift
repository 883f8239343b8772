// SPDX-License-Identifier: Apache-2.0

extension STSRecord {
    /// The rules of a diagnosis. The raw value is the rule's stable id; rules may be added.
    public enum Rule: String, Sendable, CaseIterable {
        // The set of resource records.

        /// No record of this kind at the name.
        case absent = "record-absent"
        /// Several records of this kind.
        case several = "record-several"
        /// A record of this kind that senders drop because there are others.
        case dropped = "record-dropped"
        /// A record of another kind beside this one.
        case unrelated = "record-unrelated"

        // The record as a whole.

        /// The text is empty or blank.
        case empty = "record-empty"
        /// A record of another kind: SPF, DMARC, TLSRPT and so on.
        case otherKind = "record-other-kind"
        /// A text that is no record of this kind at all.
        case notARecord = "record-not-a-record"
        /// A web page.
        case html = "record-html"
        /// A policy in the place of the record.
        case policyText = "record-policy-text"
        /// A whole line of a DNS zone.
        case zoneLine = "record-zone-line"
        /// More than one character-string holds.
        case long = "record-long"
        /// More findings than are listed.
        case moreFindings = "record-more-findings"
        /// A fault that no other rule explains.
        case grammar = "record-grammar"

        // Characters.

        /// Quotation marks of a zone file inside the record.
        case quotes = "record-quotes"
        /// Backslashes of a zone file inside the record.
        case backslash = "record-backslash"
        /// Blanks before the version.
        case leadingBlank = "record-leading-blank"
        /// Blanks at the end without a semicolon before them.
        case blankAtEnd = "record-blank-at-end"
        /// A line end or another control character.
        case controlCharacter = "record-control-character"
        /// A typographic quotation mark.
        case smartQuote = "record-smart-quote"
        /// A non-breaking or other Unicode space.
        case unicodeSpace = "record-unicode-space"
        /// A character without width.
        case invisibleCharacter = "record-invisible-character"
        /// A full-width character.
        case fullwidthCharacter = "record-fullwidth-character"
        /// A dash in the place of a hyphen.
        case dash = "record-dash"
        /// An octet that is not ASCII.
        case notASCII = "record-not-ascii"

        // Separators.

        /// No semicolon between two fields.
        case missingSemicolon = "record-missing-semicolon"
        /// A comma in the place of a semicolon.
        case comma = "record-comma"
        /// Two semicolons in a row.
        case emptyField = "record-empty-field"
        /// A blank between the version and its semicolon.
        case blankBeforeSemicolon = "record-blank-before-semicolon"
        /// A blank before or after an equals sign.
        case blankRoundEquals = "record-blank-round-equals"
        /// A colon in the place of an equals sign.
        case colon = "record-colon"
        /// No equals sign.
        case missingEquals = "record-missing-equals"

        // Fields.

        /// The version is not first.
        case order = "record-order"
        /// No version.
        case missingVersion = "record-missing-version"
        /// The version in the wrong case.
        case versionCase = "record-version-case"
        /// Another version.
        case versionValue = "record-version-value"
        /// A second version.
        case duplicateVersion = "record-duplicate-version"
        /// No id.
        case missingID = "record-missing-id"
        /// The name of the id in the wrong case.
        case idCase = "record-id-case"
        /// A field name near `id`.
        case idTypo = "record-id-typo"
        /// An id without a value.
        case idEmpty = "record-id-empty"
        /// An id of more than 32 octets.
        case idTooLong = "record-id-too-long"
        /// An id with other octets than letters and digits.
        case idCharacters = "record-id-characters"
        /// A second id.
        case duplicateID = "record-duplicate-id"
        /// A repeated field that senders do not know.
        case duplicateField = "record-duplicate-field"
        /// A field that senders do not know.
        case unknownField = "record-unknown-field"
        /// A field of a policy.
        case policyField = "record-policy-field"
        /// A field name outside the grammar.
        case fieldName = "record-field-name"
        /// A field name of more than 32 octets.
        case fieldNameTooLong = "record-field-name-too-long"
        /// A field without a value.
        case emptyValue = "record-empty-value"
        /// An octet that a value may not hold.
        case fieldValue = "record-field-value"

        /// Where the rule stands, for example `RFC 8461 section 3.1`.
        public var section: String {
            switch self {
            case .long: "RFC 1035 section 3.3"
            case .policyText, .policyField, .duplicateID, .duplicateVersion, .duplicateField: "RFC 8461 section 3.2"
            default: "RFC 8461 section 3.1"
            }
        }
    }
}
