// SPDX-License-Identifier: Apache-2.0

public import STSCore

extension SessionTally {
    /// The report on a domain and a day (RFC 8460 section 4.4), nil if there were no sessions. Successes alone make a
    /// report: it says that all is well (section 4.2).
    ///
    /// Policies are in the order sts, tlsa, no-policy-found, failures in that of result type and host.
    ///
    /// - Parameters:
    ///   - day: The day.
    ///   - domain: The domain.
    ///   - sender: Who sends it.
    ///   - part: Which report on them it is, as in ``ReportSender/reportID(for:domain:part:)``.
    public func report(
        for day: ReportDay,
        domain: DomainName,
        from sender: ReportSender,
        part: Int = 1
    ) -> TLSReport? {
        guard let counted = days[day]?[domain], !counted.policies.isEmpty else { return nil }
        return TLSReport(
            organizationName: sender.organizationName,
            dateRange: TLSReport.DateRange(day),
            contactInfo: sender.contactInfo,
            reportID: sender.reportID(for: day, domain: domain, part: part),
            policies: counted.reportEntries
        )
    }

    /// The reports on all domains of a day.
    public func reports(for day: ReportDay, from sender: ReportSender) -> [DomainName: TLSReport] {
        var reports: [DomainName: TLSReport] = [:]
        for domain in (days[day] ?? [:]).keys {
            reports[domain] = report(for: day, domain: domain, from: sender)
        }
        return reports
    }
}

extension DomainTally {
    fileprivate var reportEntries: [TLSReport.PolicyEntry] {
        sortedPolicies.map { counted in
            let policy = counted.entry.policy
            let totals = counted.totals
            return TLSReport.PolicyEntry(
                policy: TLSReport.Policy(
                    type: policy.type,
                    lines: policy.lines,
                    domain: policy.domain.description,
                    mxHosts: counted.entry.mxHosts
                ),
                summary: TLSReport.Summary(
                    successfulSessions: totals.successful,
                    failedSessions: totals.failed
                ),
                failureDetails: counted.sortedFailures.map { $0.key.detail(count: $0.value) }
            )
        }
    }
}

extension FailureKind {
    fileprivate func detail(count: Int) -> TLSReport.FailureDetail {
        TLSReport.FailureDetail(
            resultType: resultType,
            sendingMTAIP: peer.sendingIP?.description,
            receivingMXHostname: peer.mxHost?.description,
            receivingMXHelo: peer.helo,
            receivingIP: peer.receivingIP?.description,
            failedSessions: count,
            additionalInformation: peer.additionalInformation,
            failureReasonCode: reason ?? resultType.usualReason
        )
    }
}

extension TLSResultType {
    /// A "failure-reason-code" for a failure that came without one (RFC 8460 section 4.3 wants one for some types).
    fileprivate var usualReason: String {
        switch self {
        case .startTLSNotSupported: "starttls-not-offered"
        case .certificateHostMismatch: "no-matching-dns-id"
        case .certificateExpired: "certificate-has-expired"
        case .certificateNotTrusted: "chain-not-trusted"
        case .validationFailure: "unspecified"
        default: rawValue
        }
    }
}
