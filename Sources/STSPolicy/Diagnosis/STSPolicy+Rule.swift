// SPDX-License-Identifier: Apache-2.0

extension STSPolicy {
    /// The rules of a diagnosis. The raw value is the rule's stable id; rules may be added.
    public enum Rule: String, Sendable, CaseIterable {
        // The file as a whole.

        /// The text is over ``STSPolicy/maximumOctets``.
        case tooLarge = "policy-too-large"
        /// The text is empty or blank.
        case empty = "policy-empty"
        /// No line is a field of a policy.
        case notAPolicy = "policy-not-a-policy"
        /// A web page, or markup in a line.
        case html = "policy-html"
        /// A word processor's file (Rich Text Format).
        case rtf = "policy-rtf"
        /// JSON.
        case json = "policy-json"
        /// A marker or a list item of YAML.
        case yaml = "policy-yaml"
        /// The front matter of a site generator.
        case frontMatter = "policy-front-matter"
        /// A fence of Markdown.
        case codeFence = "policy-code-fence"
        /// A compressed or other binary file.
        case binary = "policy-binary"
        /// UTF-16.
        case utf16 = "policy-utf-16"
        /// A byte order mark at the start.
        case byteOrderMark = "policy-bom"
        /// A line of a DNS zone.
        case zoneLine = "policy-zone-line"
        /// The content of the TXT record.
        case txtRecord = "policy-txt-record"
        /// No line end after the last line.
        case noFinalNewline = "policy-no-final-newline"
        /// More findings than are listed.
        case moreFindings = "policy-more-findings"
        /// A fault that no other rule explains.
        case grammar = "policy-grammar"

        // Lines.

        /// A carriage return without a line feed.
        case bareCR = "policy-bare-cr"
        /// Empty or blank lines.
        case blankLine = "policy-blank-line"
        /// Blanks before a field name.
        case leadingBlank = "policy-leading-blank"
        /// Blanks at the end of a line.
        case trailingBlank = "policy-trailing-blank"
        /// Several fields in one line.
        case severalFields = "policy-several-fields"
        /// A comment.
        case comment = "policy-comment"
        /// A control character.
        case controlCharacter = "policy-control-character"
        /// Octets that are not UTF-8.
        case encoding = "policy-encoding"
        /// A typographic quotation mark.
        case smartQuote = "policy-smart-quote"
        /// A non-breaking or other Unicode space.
        case unicodeSpace = "policy-unicode-space"
        /// A character without width.
        case invisibleCharacter = "policy-invisible-character"
        /// A full-width character.
        case fullwidthCharacter = "policy-fullwidth-character"
        /// A dash in the place of a hyphen.
        case dash = "policy-dash"
        /// Quotation marks.
        case quotes = "policy-quotes"
        /// A comma, semicolon or the like after a value.
        case trailingPunctuation = "policy-trailing-punctuation"
        /// Blanks between a field name and its colon.
        case blankBeforeColon = "policy-blank-before-colon"
        /// No colon.
        case missingColon = "policy-missing-colon"
        /// An equals sign in the place of the colon.
        case equalsSign = "policy-equals-sign"

        // Fields.

        /// A field name outside the grammar.
        case fieldName = "policy-field-name"
        /// A field name of more than 32 octets.
        case fieldNameTooLong = "policy-field-name-too-long"
        /// A field name in the wrong case.
        case fieldCase = "policy-field-case"
        /// A field name near that of a known field.
        case fieldTypo = "policy-field-typo"
        /// A field that senders do not know.
        case unknownField = "policy-unknown-field"
        /// The `id` of the TXT record.
        case idField = "policy-id-field"
        /// No value.
        case emptyValue = "policy-empty-value"
        /// An octet that the value of an unknown or repeated field may not hold.
        case extensionValue = "policy-extension-value"
        /// A repeated field.
        case duplicateField = "policy-duplicate-field"
        /// No `version`.
        case missingVersion = "policy-missing-version"
        /// No `mode`.
        case missingMode = "policy-missing-mode"
        /// No `max_age`.
        case missingMaxAge = "policy-missing-max-age"
        /// No `mx`.
        case missingMX = "policy-missing-mx"

        // Values.

        /// A version other than `STSv1`.
        case versionValue = "policy-version-value"
        /// A mode that does not exist.
        case modeValue = "policy-mode-value"
        /// A value in the wrong case.
        case valueCase = "policy-value-case"
        /// A max_age that is no number.
        case maxAgeValue = "policy-max-age-value"
        /// A max_age with separators.
        case maxAgeSeparator = "policy-max-age-separator"
        /// A max_age with a unit.
        case maxAgeUnit = "policy-max-age-unit"
        /// A max_age of more than ten digits.
        case maxAgeDigits = "policy-max-age-digits"
        /// A max_age above the limit.
        case maxAgeTooLarge = "policy-max-age-too-large"
        /// A max_age shorter than a day.
        case maxAgeUnderDay = "policy-max-age-under-day"
        /// A max_age shorter than the advised weeks.
        case maxAgeUnderWeek = "policy-max-age-under-week"
        /// `mx` values although the mode is `none`.
        case noneWithMX = "policy-none-with-mx"
        /// Several hosts in one `mx`.
        case mxList = "policy-mx-list"
        /// A preference number beside an `mx` host.
        case mxPreference = "policy-mx-preference"
        /// A port after an `mx` host.
        case mxPort = "policy-mx-port"
        /// A URL in `mx`.
        case mxURL = "policy-mx-url"
        /// A mail address in `mx`.
        case mxMailAddress = "policy-mx-mail-address"
        /// An IP address in `mx`, or a name that ends in a number as one does.
        case mxIPAddress = "policy-mx-ip-address"
        /// A star in a wrong place.
        case mxWildcardPlace = "policy-mx-wildcard-place"
        /// A leading dot in the place of a wildcard.
        case mxLeadingDot = "policy-mx-leading-dot"
        /// A name in U-labels.
        case mxULabel = "policy-mx-u-label"
        /// Another fault of the host name.
        case mxName = "policy-mx-name"
        /// A final dot.
        case mxTrailingDot = "policy-mx-trailing-dot"
        /// An underscore.
        case mxUnderscore = "policy-mx-underscore"
        /// A name of one label.
        case mxSingleLabel = "policy-mx-single-label"
        /// Upper-case letters in `mx`.
        case mxUpperCase = "policy-mx-upper-case"
        /// A name out of a set-up guide.
        case mxPlaceholder = "policy-mx-placeholder"
        /// A wildcard over a top-level domain.
        case mxBroadWildcard = "policy-mx-broad-wildcard"
        /// A wildcard over the names of a provider's hosts, which many customers share.
        case mxSharedWildcard = "policy-mx-shared-wildcard"
        /// A wildcard with too few labels to match a provider's hosts.
        case mxWildcardDepth = "policy-mx-wildcard-depth"
        /// A repeated `mx`.
        case mxDuplicate = "policy-mx-duplicate"
        /// An `mx` that a wildcard covers.
        case mxRedundant = "policy-mx-redundant"

        /// Where the rule stands, for example `RFC 8461 section 3.2`.
        public var section: String {
            switch self {
            case .tooLarge: "RFC 8461 section 3.3"
            case .zoneLine, .txtRecord, .idField: "RFC 8461 section 3.1"
            case .mxIPAddress, .mxWildcardDepth, .mxRedundant, .mxUpperCase: "RFC 8461 section 4.1"
            case .mxSharedWildcard, .mxBroadWildcard: "RFC 8461 section 10.4"
            case .noneWithMX: "RFC 8461 section 8.3"
            default: "RFC 8461 section 3.2"
            }
        }
    }
}
