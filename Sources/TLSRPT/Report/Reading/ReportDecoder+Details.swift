// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension ReportDecoder {
    /// "failure-details" (RFC 8460 section 4.4).
    mutating func failureDetails(_ value: Int?, _ entry: ReportPlace) throws(Fault) -> [TLSReport.FailureDetail] {
        let name = EntryMember.failureDetails.name
        guard let value else {
            deviations.note(.leftOut, entry.path(name))
            return []
        }
        var details: [TLSReport.FailureDetail] = []
        switch document.kind(value) {
        case .array:
            for element in document.elements(value) {
                details.append(try failureDetail(element, ReportPlace(entry: entry.entry, detail: details.count)))
            }
        case .object:
            deviations.note(.singleForArray, entry.path(name))
            details.append(try failureDetail(value, ReportPlace(entry: entry.entry, detail: 0)))
        case .null: deviations.note(.null, entry.path(name))
        case .string where document.tokens[value].content.isEmpty:
            deviations.note(.emptyText, entry.path(name))
            deviations.note(.singleForArray, entry.path(name))
        default: throw Fault(.wrongType, at: document.offset(value), path: entry.path(name))
        }
        return details
    }

    private mutating func failureDetail(
        _ value: Int,
        _ place: ReportPlace
    ) throws(Fault) -> TLSReport.FailureDetail {
        guard document.kind(value) == .object else {
            throw Fault(.wrongType, at: document.offset(value), path: place.path())
        }
        let (members, others) = self.members(of: value, place, as: DetailMember.self)
        var unknown = others
        let information = try information(members, &unknown, place)
        let sendingIP = try address(members[.sendingIP], place, DetailMember.sendingIP.name)
        let receivingIP = try address(members[.receivingIP], place, DetailMember.receivingIP.name)
        return TLSReport.FailureDetail(
            resultType: try resultType(members[.resultType], of: value, place),
            sendingMTAIP: sendingIP,
            receivingMXHostname: try text(members[.receivingHostname], place, DetailMember.receivingHostname.name),
            receivingMXHelo: try text(members[.receivingHelo], place, DetailMember.receivingHelo.name),
            receivingIP: receivingIP,
            failedSessions: try count(members[.failedSessions], of: value, place, DetailMember.failedSessions.name),
            additionalInformation: information,
            failureReasonCode: try text(members[.reason], place, DetailMember.reason.name),
            unknownMembers: unknown
        )
    }

    private mutating func resultType(
        _ value: Int?,
        of detail: Int,
        _ place: ReportPlace
    ) throws(Fault) -> TLSResultType {
        let name = DetailMember.resultType.name
        guard let value, document.kind(value) != .null else {
            throw Fault(.missingResultType, at: document.offset(value ?? detail), path: place.path(name))
        }
        guard let text = try text(value, place, name) else {
            throw Fault(.missingResultType, at: document.offset(value), path: place.path(name))
        }
        let type = TLSResultType(rawValue: text)
        if !type.isRegistered { deviations.note(.unknownResultType, place.path(name)) }
        return type
    }

    /// "additional-information"; if there is none, what stands under the name that the text explains it by. Where both
    /// are there, the second is an unknown member.
    private mutating func information(
        _ members: ReportMembers<DetailMember>,
        _ unknown: inout [TLSReport.UnknownMember],
        _ place: ReportPlace
    ) throws(Fault) -> String? {
        var name = DetailMember.information.name
        let label = DetailMember.informationLabel.name
        var information = try text(members[.information], place, name)
        if let value = members[.informationLabel] {
            if information == nil {
                deviations.note(.memberName, place.path(label))
                name = label
                information = try text(value, place, name)
            } else {
                if document.hasNoncharacters(within: value) { deviations.note(.noncharacter, place.path(label)) }
                unknown.append(TLSReport.UnknownMember(name: label.description, json: document.source(value)))
            }
        }
        if let information, !information.utf8.span.isURI { deviations.note(.notAURI, place.path(name)) }
        return information
    }

    /// An IP address in canonical form, or what stands in its place.
    private mutating func address(
        _ value: Int?,
        _ place: ReportPlace,
        _ name: StaticString
    ) throws(Fault) -> String? {
        guard let text = try text(value, place, name) else { return nil }
        if text.utf8.span.isCanonicalAddress { return text }
        guard let address = IPAddress(text) else {
            deviations.note(.notAnAddress, place.path(name))
            return text
        }
        let canonical = address.description
        if canonical != text { deviations.note(.addressNotCanonical, place.path(name)) }
        return canonical
    }
}

extension TLSResultType {
    /// Whether it is one of RFC 8460 section 4.3, as the registry holds them.
    var isRegistered: Bool { Self.registered.contains(self) }

    /// The types of section 4.3 and of its registry.
    static let registered: Set<TLSResultType> = [
        .startTLSNotSupported, .certificateHostMismatch, .certificateExpired, .certificateNotTrusted,
        .validationFailure, .tlsaInvalid, .dnssecInvalid, .daneRequired, .stsPolicyFetchError, .stsPolicyInvalid,
        .stsWebPKIInvalid,
    ]
}
