// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Makes a report of a JSON text (RFC 8460 section 4.4).
struct ReportDecoder {
    typealias Fault = TLSReport.ParseError

    let document: JSONDocument
    var deviations = DeviationList()

    init(_ document: JSONDocument) { self.document = document }

    /// The report.
    mutating func report() throws(Fault) -> TLSReport {
        let root = 0
        if document.hasByteOrderMark { deviations.note(.byteOrderMark, "") }
        let place = ReportPlace()
        guard document.kind(root) == .object else { throw Fault(.wrongType, at: document.offset(root)) }
        let (members, unknown) = self.members(of: root, place, as: RootMember.self)
        let organizationName = try requiredText(members[.organizationName], place, RootMember.organizationName.name)
        let dateRange = try dateRange(members[.dateRange])
        let contact = try requiredText(members[.contactInfo], place, RootMember.contactInfo.name)
        let reportID = try requiredText(members[.reportID], place, RootMember.reportID.name)
        return TLSReport(
            organizationName: organizationName,
            dateRange: dateRange,
            contactInfo: contact.map { contactInfo($0, place) },
            reportID: reportID,
            policies: try entries(members[.policies]),
            unknownMembers: unknown
        )
    }

    private mutating func dateRange(_ value: Int?) throws(Fault) -> TLSReport.DateRange {
        let name = RootMember.dateRange.name
        guard let object = try object(value, ReportPlace(), name) else {
            deviations.note(.missing, name.description)
            return TLSReport.DateRange(start: nil, end: nil)
        }
        let place = ReportPlace(object: name)
        let (members, unknown) = self.members(of: object, place, as: RangeMember.self)
        return TLSReport.DateRange(
            start: try date(members[.start], place, RangeMember.start.name),
            end: try date(members[.end], place, RangeMember.end.name),
            unknownMembers: unknown
        )
    }

    private mutating func entries(_ value: Int?) throws(Fault) -> [TLSReport.PolicyEntry] {
        let name = RootMember.policies.name
        guard let value, document.kind(value) != .null else {
            throw Fault(.missingPolicies, at: document.offset(value ?? 0), path: name.description)
        }
        var entries: [TLSReport.PolicyEntry] = []
        switch document.kind(value) {
        case .array:
            for element in document.elements(value) { entries.append(try entry(element, entries.count)) }
            if entries.isEmpty { deviations.note(.noPolicies, name.description) }
        case .object:
            deviations.note(.singleForArray, name.description)
            entries.append(try entry(value, 0))
        case .string where document.tokens[value].content.isEmpty:
            throw Fault(.missingPolicies, at: document.offset(value), path: name.description)
        default: throw Fault(.wrongType, at: document.offset(value), path: name.description)
        }
        return entries
    }

    private mutating func entry(_ value: Int, _ index: Int) throws(Fault) -> TLSReport.PolicyEntry {
        let place = ReportPlace(entry: index)
        guard document.kind(value) == .object else {
            throw Fault(.wrongType, at: document.offset(value), path: place.path())
        }
        let (members, unknown) = self.members(of: value, place, as: EntryMember.self)
        return TLSReport.PolicyEntry(
            policy: try policy(members[.policy], place),
            summary: try summary(members[.summary], of: value, place),
            failureDetails: try failureDetails(members[.failureDetails], place),
            unknownMembers: unknown
        )
    }

    private mutating func policy(_ value: Int?, _ entry: ReportPlace) throws(Fault) -> TLSReport.Policy {
        let name = EntryMember.policy.name
        guard let object = try object(value, entry, name) else {
            deviations.note(.missing, entry.path(name))
            return TLSReport.Policy(type: nil, domain: nil)
        }
        let place = ReportPlace(entry: entry.entry, object: name)
        let (members, unknown) = self.members(of: object, place, as: PolicyMember.self)
        let type = try requiredText(members[.type], place, PolicyMember.type.name).map(TLSPolicyType.init(rawValue:))
        if let type, !type.isRegistered { deviations.note(.unknownPolicyType, place.path(PolicyMember.type.name)) }
        let lines = try lines(members[.lines], of: type, place)
        if lines.isEmpty, type == .sts || type == .tlsa {
            deviations.note(.leftOut, place.path(PolicyMember.lines.name))
        }
        let domain = try domain(members[.domain], of: type, place)
        let mxHosts = try list(members[.mxHosts], place, PolicyMember.mxHosts.name, keepsEmpty: false)
        for (index, host) in mxHosts.enumerated() where !host.utf8.allSatisfy({ $0 < 0x80 }) {
            deviations.note(.notInALabels, place.path(PolicyMember.mxHosts.name, element: index))
        }
        if mxHosts.isEmpty, type == .sts { deviations.note(.leftOut, place.path(PolicyMember.mxHosts.name)) }
        return TLSReport.Policy(type: type, lines: lines, domain: domain, mxHosts: mxHosts, unknownMembers: unknown)
    }

    /// "policy-string"; a single text is cut into its lines, that of TLSA records at semicolons as section 4 tells.
    private mutating func lines(
        _ value: Int?,
        of type: TLSPolicyType?,
        _ place: ReportPlace
    ) throws(Fault) -> [String] {
        let lines = try list(value, place, PolicyMember.lines.name, keepsEmpty: true)
        guard let value, document.kind(value) == .string, let text = lines.first else { return lines }
        let separators: Set<UInt8> = type == .tlsa ? [0x0A, 0x3B] : [0x0A]
        return text.utf8.split(whereSeparator: separators.contains).compactMap { part in
            var line = part
            while let last = line.last, last == 0x0D || type == .tlsa && last.isBlank { line.removeLast() }
            while type == .tlsa, let first = line.first, first.isBlank { line.removeFirst() }
            return line.isEmpty ? nil : String(Substring(line))
        }
    }

    private mutating func domain(
        _ value: Int?,
        of type: TLSPolicyType?,
        _ place: ReportPlace
    ) throws(Fault) -> String? {
        let name = PolicyMember.domain.name
        guard let domain = try text(value, place, name) else {
            // It is "the Policy Domain against which the … policy is defined": without a policy there is none.
            deviations.note(type == .noPolicyFound ? .leftOut : .missing, place.path(name))
            return nil
        }
        if !domain.utf8.allSatisfy({ $0 < 0x80 }) {
            deviations.note(.notInALabels, place.path(name))
        } else if DomainName(domain) == nil {
            deviations.note(.notADomain, place.path(name))
        }
        return domain
    }

    private mutating func summary(
        _ value: Int?,
        of entryValue: Int,
        _ entry: ReportPlace
    ) throws(Fault) -> TLSReport.Summary {
        let name = EntryMember.summary.name
        guard let object = try object(value, entry, name) else {
            throw Fault(.missingCount, at: document.offset(entryValue), path: entry.path(name))
        }
        let place = ReportPlace(entry: entry.entry, object: name)
        let (members, unknown) = self.members(of: object, place, as: SummaryMember.self)
        return TLSReport.Summary(
            successfulSessions: try count(members[.successful], of: object, place, SummaryMember.successful.name),
            failedSessions: try count(members[.failed], of: object, place, SummaryMember.failed.name),
            unknownMembers: unknown
        )
    }
}

extension TLSPolicyType {
    /// Whether it is one of the three of RFC 8460 section 4.4.
    var isRegistered: Bool { self == .sts || self == .tlsa || self == .noPolicyFound }
}
