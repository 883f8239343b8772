// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension TLSReport {
    /// Where a report is not as it should be sent.
    public struct SendingFault: Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public let code: Code

        /// The member at fault, as in `policies[0].policy.policy-domain`.
        public let path: String

        /// Whether it keeps the report from being sent; see ``Code-swift.enum/isBlocking``.
        public var isBlocking: Bool { code.isBlocking }

        /// A sentence for people.
        public var description: String { "\(path): \(code.description)" }

        /// What a report that is sent should not do.
        public enum Code: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
            /// A member of RFC 8460 section 4.4 is missing without which nobody could tell whose the report is, or about
            /// what.
            case missing
            /// "policy-string" or "mx-host" is missing (section 4.4), though there was a policy.
            case leftOut
            /// The time range ends before it begins.
            case endBeforeStart
            /// "contact-info" is no addr-spec (RFC 5322 section 3.4.1) with a domain name, which stands for the sender
            /// (RFC 8460 section 5.3).
            case contactNotAddress
            /// "policy-type" is none of the three of section 4.4.
            case unknownPolicyType
            /// "policy-domain" is no domain name in A-labels (section 4.4).
            case notADomain
            /// "mx-host" is not in A-labels (section 4.4).
            case notInALabels
            /// "policy-string" where no policy was found, or "mx-host" without an MTA-STS policy (section 4.4).
            case superfluous
            /// A count below 0, or above 2^53 - 1 (RFC 7493 section 2.2); for a failure detail, below 1.
            case countOutOfRange
            /// "sending-mta-ip" or "receiving-ip" is no IP address (section 4.4).
            case notAnAddress
            /// "additional-information" is no URI (section 4.4).
            case notAURI
            /// Without a "failure-reason-code", which "certificate-not-trusted" and "validation-failure" should have
            /// (section 4.3).
            case missingReason

            /// Whether it keeps a report from being sent: nobody could tell whose it is, or about what, or its counts
            /// are none. All else makes the report poorer; not to send it would lose its counts as well.
            public var isBlocking: Bool {
                switch self {
                case .missing, .endBeforeStart, .contactNotAddress, .unknownPolicyType, .notADomain, .countOutOfRange:
                    true
                case .leftOut, .notInALabels, .superfluous, .notAnAddress, .notAURI, .missingReason: false
                }
            }

            /// A sentence for people.
            public var description: String {
                switch self {
                case .missing: "missing"
                case .leftOut: "left out, though there was a policy"
                case .endBeforeStart: "the end is before the start"
                case .contactNotAddress: "no mail address with a domain name"
                case .unknownPolicyType: "a policy type that RFC 8460 does not have"
                case .notADomain: "no domain name in A-labels"
                case .notInALabels: "not in A-labels"
                case .superfluous: "there is no such policy"
                case .countOutOfRange: "the count is out of range"
                case .notAnAddress: "no IP address"
                case .notAURI: "no URI"
                case .missingReason: "this result type needs a failure reason"
                }
            }
        }
    }

    /// What a report lacks to be sent by RFC 8460 section 4.4, in the order of its members; empty if nothing.
    ///
    /// A sender asks before it writes ``json()``, and does not send a report with a fault that is
    /// ``SendingFault/isBlocking``; the others are for its log. A report that was received may have any of these faults.
    public var faultsForSending: [SendingFault] {
        var inspector = SendingInspector()
        inspector.inspect(self)
        return inspector.faults
    }
}

/// Finds where a report is not as it should be sent.
private struct SendingInspector {
    typealias Code = TLSReport.SendingFault.Code

    private(set) var faults: [TLSReport.SendingFault] = []

    mutating func inspect(_ report: TLSReport) {
        let root = ReportPlace()
        require(report.organizationName, root, RootMember.organizationName.name)
        let range = ReportPlace(object: RootMember.dateRange.name)
        if report.dateRange.start == nil { fault(.missing, range, RangeMember.start.name) }
        if report.dateRange.end == nil { fault(.missing, range, RangeMember.end.name) }
        if let start = report.dateRange.start, let end = report.dateRange.end, end < start {
            fault(.endBeforeStart, range, RangeMember.end.name)
        }
        if require(report.contactInfo, root, RootMember.contactInfo.name), let contact = report.contactInfo,
            !Array(contact.utf8)[...].isAddressSpecification || report.submitter == nil
        {
            fault(.contactNotAddress, root, RootMember.contactInfo.name)
        }
        require(report.reportID, root, RootMember.reportID.name)
        if report.policies.isEmpty { fault(.missing, root, RootMember.policies.name) }
        for (index, entry) in report.policies.enumerated() { inspect(entry, ReportPlace(entry: index)) }
    }

    private mutating func inspect(_ entry: TLSReport.PolicyEntry, _ place: ReportPlace) {
        let policy = ReportPlace(entry: place.entry, object: EntryMember.policy.name)
        switch entry.policy.type {
        case nil: fault(.missing, policy, PolicyMember.type.name)
        case .sts?, .tlsa?, .noPolicyFound?: break
        default: fault(.unknownPolicyType, policy, PolicyMember.type.name)
        }
        inspectText(entry, policy)
        if require(entry.policy.domain, policy, PolicyMember.domain.name), let domain = entry.policy.domain,
            DomainName(domain) == nil
        {
            fault(.notADomain, policy, PolicyMember.domain.name)
        }
        inspectHosts(entry, policy)
        let summary = ReportPlace(entry: place.entry, object: EntryMember.summary.name)
        count(entry.summary.successfulSessions, from: 0, summary, SummaryMember.successful.name)
        count(entry.summary.failedSessions, from: 0, summary, SummaryMember.failed.name)
        for (index, detail) in entry.failureDetails.enumerated() {
            inspect(detail, ReportPlace(entry: place.entry, detail: index))
        }
    }

    /// "policy-string" (section 4.5)
    private mutating func inspectText(_ entry: TLSReport.PolicyEntry, _ place: ReportPlace) {
        let name = PolicyMember.lines.name
        switch entry.policy.type {
        case .noPolicyFound?: if !entry.policy.lines.isEmpty { fault(.superfluous, place, name) }
        case .sts?, .tlsa?: if entry.policy.lines.isEmpty, entry.hadPolicy { fault(.leftOut, place, name) }
        default: break
        }
    }

    /// "mx-host", which belongs to MTA-STS.
    private mutating func inspectHosts(_ entry: TLSReport.PolicyEntry, _ place: ReportPlace) {
        let name = PolicyMember.mxHosts.name
        let hosts = entry.policy.mxHosts
        if entry.policy.type == .sts {
            if hosts.isEmpty, entry.hadPolicy { fault(.leftOut, place, name) }
        } else if !hosts.isEmpty {
            fault(.superfluous, place, name)
        }
        if !hosts.allSatisfy({ $0.utf8.allSatisfy { $0 < 0x80 } }) { fault(.notInALabels, place, name) }
    }

    private mutating func inspect(_ detail: TLSReport.FailureDetail, _ place: ReportPlace) {
        require(detail.resultType.rawValue, place, DetailMember.resultType.name)
        address(detail.sendingMTAIP, place, DetailMember.sendingIP.name)
        address(detail.receivingIP, place, DetailMember.receivingIP.name)
        count(detail.failedSessions, from: 1, place, DetailMember.failedSessions.name)
        if let information = detail.additionalInformation, !information.isEmpty, !information.utf8.span.isURI {
            fault(.notAURI, place, DetailMember.information.name)
        }
        let needsReason = detail.resultType == .certificateNotTrusted || detail.resultType == .validationFailure
        if needsReason, detail.failureReasonCode?.isEmpty ?? true {
            fault(.missingReason, place, DetailMember.reason.name)
        }
    }

    private mutating func fault(_ code: Code, _ place: ReportPlace, _ name: StaticString) {
        faults.append(TLSReport.SendingFault(code: code, path: place.path(name)))
    }

    @discardableResult
    private mutating func require(_ text: String?, _ place: ReportPlace, _ name: StaticString) -> Bool {
        if let text, !text.isEmpty { return true }
        fault(.missing, place, name)
        return false
    }

    private mutating func count(_ count: Int, from least: Int, _ place: ReportPlace, _ name: StaticString) {
        if count < least || count > TLSReport.Summary.maximumCount { fault(.countOutOfRange, place, name) }
    }

    private mutating func address(_ text: String?, _ place: ReportPlace, _ name: StaticString) {
        if let text, !text.isEmpty, IPAddress(text) == nil { fault(.notAnAddress, place, name) }
    }
}

extension TLSReport.PolicyEntry {
    /// Whether there was a valid policy to hold sessions under: not if all that is told is that it could not be had
    /// (RFC 8460 section 4.3.2).
    fileprivate var hadPolicy: Bool {
        let withoutPolicy: Set<TLSResultType> = [
            .stsPolicyFetchError, .stsPolicyInvalid, .stsWebPKIInvalid, .tlsaInvalid, .dnssecInvalid, .daneRequired,
        ]
        return summary.successfulSessions > 0 || failureDetails.isEmpty
            || failureDetails.contains { !withoutPolicy.contains($0.resultType) }
    }
}
