// SPDX-License-Identifier: Apache-2.0

/// The members of an object of RFC 8460 section 4.4, in the order of the schema there.
protocol ReportMember: RawRepresentable<Int>, CaseIterable {
    /// How many there are; at most ``ReportMembers/most``.
    static var count: Int { get }

    /// The name in a report.
    var name: StaticString { get }
}

/// The members of the report itself.
enum RootMember: Int, ReportMember {
    case organizationName, dateRange, contactInfo, reportID, policies

    static let count = 5

    var name: StaticString {
        switch self {
        case .organizationName: "organization-name"
        case .dateRange: "date-range"
        case .contactInfo: "contact-info"
        case .reportID: "report-id"
        case .policies: "policies"
        }
    }
}

/// The members of "date-range".
enum RangeMember: Int, ReportMember {
    case start, end

    static let count = 2

    var name: StaticString {
        switch self {
        case .start: "start-datetime"
        case .end: "end-datetime"
        }
    }
}

/// The members of an element of "policies".
enum EntryMember: Int, ReportMember {
    case policy, summary, failureDetails

    static let count = 3

    var name: StaticString {
        switch self {
        case .policy: "policy"
        case .summary: "summary"
        case .failureDetails: "failure-details"
        }
    }
}

/// The members of "policy".
enum PolicyMember: Int, ReportMember {
    case type, lines, domain, mxHosts

    static let count = 4

    var name: StaticString {
        switch self {
        case .type: "policy-type"
        case .lines: "policy-string"
        case .domain: "policy-domain"
        case .mxHosts: "mx-host"
        }
    }
}

/// The members of "summary".
enum SummaryMember: Int, ReportMember {
    case successful, failed

    static let count = 2

    var name: StaticString {
        switch self {
        case .successful: "total-successful-session-count"
        case .failed: "total-failure-session-count"
        }
    }
}

/// The members of an element of "failure-details".
enum DetailMember: Int, ReportMember {
    case resultType, sendingIP, receivingHostname, receivingHelo, receivingIP, failedSessions, information, reason
    /// What the schema calls "additional-information" is explained under this name; only read, never written.
    case informationLabel

    static let count = 9

    var name: StaticString {
        switch self {
        case .resultType: "result-type"
        case .sendingIP: "sending-mta-ip"
        case .receivingHostname: "receiving-mx-hostname"
        case .receivingHelo: "receiving-mx-helo"
        case .receivingIP: "receiving-ip"
        case .failedSessions: "failed-session-count"
        case .information: "additional-information"
        case .reason: "failure-reason-code"
        case .informationLabel: "additional-info-uri"
        }
    }
}

/// Where the members of an object are, by the index of each value; nil for those that are missing.
struct ReportMembers<Member: ReportMember> {
    private var values = InlineArray<9, Int>(repeating: 0)

    /// The value of a member. No member's value is the outermost one, so that 0 is free to mean none.
    subscript(_ member: Member) -> Int? {
        get { values[member.rawValue] == 0 ? nil : values[member.rawValue] }
        set { values[member.rawValue] = newValue ?? 0 }
    }
}

/// Where an object is in a report: its path, put into words only when it is needed.
struct ReportPlace {
    /// The index in "policies".
    var entry: Int?
    /// The index in "failure-details".
    var detail: Int?
    /// The name of an object within that.
    var object: StaticString?

    /// The path of a member, and of an element of it.
    func path(_ member: StaticString? = nil, element: Int? = nil) -> String {
        path(name: member?.description, element: element)
    }

    /// The path of a member by any name, made fit to be shown, and cut if it is long.
    func path(unknown name: String) -> String {
        var scalars = name.forPeople(limit: 65).unicodeScalars
        if scalars.count > 64 {
            scalars.replaceSubrange(scalars.index(scalars.startIndex, offsetBy: 64)..., with: ["…"])
        }
        return path(name: String(scalars), element: nil)
    }

    private func path(name: String?, element: Int?) -> String {
        var parts: [String] = []
        if let entry { parts.append("policies[\(entry)]") }
        if let detail { parts.append("failure-details[\(detail)]") }
        if let object { parts.append(object.description) }
        if let name { parts.append(element.map { "\(name)[\($0)]" } ?? name) }
        return parts.joined(separator: ".")
    }
}
