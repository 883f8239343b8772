// SPDX-License-Identifier: Apache-2.0

extension TLSReport {
    /// A place where a report is not as RFC 8460 wants it, or not as it recommends, and was read all the same.
    public struct Deviation: Hashable, Sendable, CustomStringConvertible {
        /// What is there.
        public let kind: Kind

        /// The member, as in `policies[0].summary.total-failure-session-count`; empty for the whole text. A name that RFC
        /// 8460 does not know is cut, and without characters that change how the text around it looks.
        public let path: String

        /// Whether it is against the text of the RFC; see ``Kind-enum/isBreach``.
        public var isBreach: Bool { kind.isBreach }

        /// A sentence for people.
        public var description: String {
            path.isEmpty ? kind.description : "\(path): \(kind.description)"
        }
    }
}

extension TLSReport.Deviation {
    /// What is forgiven when a report is read. The list is complete.
    ///
    /// Sections are those of RFC 8460 where no other is named.
    public enum Kind: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// A byte order mark before the text, which RFC 8259 section 8.1 forbids. It is skipped.
        case byteOrderMark
        /// A noncharacter such as U+FFFE, which RFC 7493 section 2.1 forbids. It is kept.
        case noncharacter
        /// A member that section 4.4 wants in every report is missing, null or empty: "organization-name", "date-range"
        /// and what is in it, "contact-info", "report-id", an element of "policies", "policy", "policy-type", and
        /// "policy-domain" under a policy. The report has nil there.
        case missing
        /// A member is missing that there may be nothing to put into: "policy-string" and "mx-host" under a policy that
        /// could not be had (section 4.3.2.2), "policy-domain" where no policy was found, "failure-details" without
        /// failures. The report has nil or an empty list there.
        case leftOut
        /// null for a value, which section 4.4 has nowhere. It is as if the member were missing.
        case null
        /// An empty text. It is as if the member were missing; where it must not be, ``missing`` says so too.
        case emptyText
        /// A text or an object where section 4.4 has an array, such as "mx-host" in the example of Appendix B. It is
        /// read as the array's one element; a "policy-string" is cut into lines, and that of TLSA records at semicolons.
        case singleForArray
        /// An array within "policy-string" or "mx-host", which section 4.5 forbids. Its elements are taken.
        case nestedArray
        /// A member by the name that the text of section 4.4 explains it under, "additional-info-uri", and not by that
        /// of the schema, "additional-information". It is read as that.
        case memberName
        /// A "policy-type" other than the three of section 4.4. It is kept.
        case unknownPolicyType
        /// A "result-type" that section 4.3 does not have yet. The list is expected to grow, so that it is no breach.
        case unknownResultType
        /// A count as a text, `"5"`, where section 4.4 has a number.
        case countAsText
        /// A whole number written with a fraction or an exponent, `5.0`, where section 4.4 has an integer.
        case countNotInteger
        /// `mailto:` before the address in "contact-info", where section 4.4 has an addr-spec. The address is taken.
        case contactWithMailto
        /// A name besides the address in "contact-info", `Postmaster <a@b.example>`, where section 4.4 has an addr-spec.
        /// The address is taken.
        case contactWithName
        /// A "contact-info" that is no mail address. It is kept; the report's submitter may not be known then.
        case contactNotAddress
        /// A date without a time zone, which RFC 3339 section 5.6 wants. It is read as UTC.
        case dateWithoutZone
        /// A time zone as `+0100` or `+01`, where RFC 3339 section 5.6 has `+01:00`.
        case dateZoneForm
        /// A space between date and time, for which RFC 3339 section 5.6 leaves room; no breach.
        case dateWithSpace
        /// An IP address that is not in the canonical form of RFC 5952, as in Appendix B; no breach. It is made so.
        case addressNotCanonical
        /// An address that is none of section 4.4. It is kept.
        case notAnAddress
        /// An "additional-information" that is no URI, as the broken one in Appendix B; no breach. It is kept.
        case notAURI
        /// A "policy-domain" or "mx-host" with characters beyond ASCII, where section 4.4 has A-labels. It is kept.
        case notInALabels
        /// A "policy-domain" that is no domain name. It is kept.
        case notADomain
        /// An empty array of "policies": the report says nothing (section 4).
        case noPolicies

        /// Whether it is against the text of RFC 8460 or of an RFC that it rests on. A strict reader refuses a report
        /// with a breach.
        public var isBreach: Bool {
            switch self {
            case .leftOut, .emptyText, .unknownResultType, .dateWithSpace, .addressNotCanonical, .notAURI: false
            default: true
            }
        }

        /// A sentence for people.
        public var description: String {
            switch self {
            case .byteOrderMark: "the text begins with a byte order mark"
            case .noncharacter: "a noncharacter"
            case .missing: "missing"
            case .leftOut: "left out"
            case .null: "null"
            case .emptyText: "an empty text"
            case .singleForArray: "a single value in place of an array"
            case .nestedArray: "an array within the array"
            case .memberName: "this member's name is additional-information"
            case .unknownPolicyType: "a policy type that RFC 8460 does not have"
            case .unknownResultType: "a result type that RFC 8460 does not have"
            case .countAsText: "a count as a text"
            case .countNotInteger: "a count that is not written as an integer"
            case .contactWithMailto: "a mailto URI in place of an address"
            case .contactWithName: "a name besides the address"
            case .contactNotAddress: "no mail address"
            case .dateWithoutZone: "a date without a time zone"
            case .dateZoneForm: "a time zone that is not written as in RFC 3339"
            case .dateWithSpace: "a space between date and time"
            case .addressNotCanonical: "an IP address that is not in canonical form"
            case .notAnAddress: "no IP address"
            case .notAURI: "no URI"
            case .notInALabels: "a domain name that is not in A-labels"
            case .notADomain: "no domain name"
            case .noPolicies: "no policies"
            }
        }
    }
}

/// The deviations of a report, bounded in number.
struct DeviationList {
    private(set) var list: [TLSReport.Deviation] = []
    private(set) var omitted = 0
    private(set) var hasBreach = false

    /// Adds a deviation; its path is only made if it is named.
    mutating func note(_ kind: TLSReport.Deviation.Kind, _ path: @autoclosure () -> String) {
        hasBreach = hasBreach || kind.isBreach
        if list.count < TLSReport.Reading.maximumDeviations {
            list.append(TLSReport.Deviation(kind: kind, path: path()))
        } else {
            omitted += 1
        }
    }
}
