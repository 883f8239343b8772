// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// A TLS report: what one sender saw in one time range, usually a UTC day, of the TLS of one policy domain's MX hosts
/// (RFC 8460 section 4).
///
/// The members are those of section 4.4. A report that was received may lack any of them but the session counts and
/// the result types; whatever else it holds is kept as ``UnknownMember``.
public struct TLSReport: Hashable, Sendable {
    /// The sender's organisation, "organization-name".
    public var organizationName: String?

    /// The time range reported, "date-range".
    public var dateRange: DateRange

    /// The mail address of who is responsible for the report, "contact-info"; its domain is the submitter.
    public var contactInfo: String?

    /// The report's name, unique for its submitter, "report-id".
    public var reportID: String?

    /// What was seen, for each policy, "policies".
    public var policies: [PolicyEntry]

    /// Members that section 4.4 does not know.
    public var unknownMembers: [UnknownMember]

    /// A report of what was seen.
    public init(
        organizationName: String?,
        dateRange: DateRange,
        contactInfo: String?,
        reportID: String?,
        policies: [PolicyEntry],
        unknownMembers: [UnknownMember] = []
    ) {
        self.organizationName = organizationName
        self.dateRange = dateRange
        self.contactInfo = contactInfo
        self.reportID = reportID
        self.policies = policies
        self.unknownMembers = unknownMembers
    }

    /// The domain of ``contactInfo``, which stands for the sender (RFC 8460 section 5.3); nil if there is none.
    public var submitter: DomainName? {
        guard let contactInfo, let at = contactInfo.lastIndex(of: "@") else { return nil }
        return DomainName(String(contactInfo[contactInfo.index(after: at)...]))
    }

    /// The one domain that the report is about: what its entries name, those of DANE aside, whose domains are those of
    /// MX hosts (RFC 8460 section 4.4). It stands for the domain of an entry that names none, as some senders write them.
    ///
    /// - Parameter stated: What the mail or the file name says.
    /// - Returns: nil if nobody names a domain, or if they differ.
    public func policyDomain(stated: DomainName? = nil) -> DomainName? {
        var found = stated
        for entry in policies where entry.policy.type != .tlsa {
            guard let domain = entry.policy.domain.flatMap({ DomainName($0) }), domain != found else { continue }
            guard found == nil else { return nil }
            found = domain
        }
        return found
    }
}

extension TLSReport {
    /// The time range of a report, "date-range"; both ends belong to it.
    public struct DateRange: Hashable, Sendable {
        /// Its first second, "start-datetime".
        public var start: UnixTime?

        /// Its last second, "end-datetime". Some senders give the first second of the next day.
        public var end: UnixTime?

        /// Members that section 4.4 does not know.
        public var unknownMembers: [UnknownMember]

        /// A range from its first second to its last.
        public init(start: UnixTime?, end: UnixTime?, unknownMembers: [UnknownMember] = []) {
            self.start = start
            self.end = end
            self.unknownMembers = unknownMembers
        }

        /// The whole of a day (RFC 8460 section 4.1).
        public init(_ day: ReportDay) { self.init(start: day.start, end: day.end) }
    }

    /// What was seen under one policy, an element of "policies".
    public struct PolicyEntry: Hashable, Sendable {
        /// The policy, "policy".
        public var policy: Policy

        /// The session counts, "summary".
        public var summary: Summary

        /// The failures told apart, "failure-details". Their counts may overlap, so that their sum may be more than the
        /// failures of the summary (section 4).
        public var failureDetails: [FailureDetail]

        /// Members that section 4.4 does not know.
        public var unknownMembers: [UnknownMember]

        /// An entry for one policy.
        public init(
            policy: Policy,
            summary: Summary,
            failureDetails: [FailureDetail] = [],
            unknownMembers: [UnknownMember] = []
        ) {
            self.policy = policy
            self.summary = summary
            self.failureDetails = failureDetails
            self.unknownMembers = unknownMembers
        }
    }

    /// The policy that sessions were held under, "policy".
    public struct Policy: Hashable, Sendable {
        /// Its kind, "policy-type".
        public var type: TLSPolicyType?

        /// Its text, "policy-string": the lines of an MTA-STS policy without their terminators, or a TLSA record each
        /// (section 4.5); empty for no policy.
        public var lines: [String]

        /// The policy domain in A-labels, "policy-domain"; for DANE the TLSA base domain.
        public var domain: String?

        /// The patterns of an MTA-STS policy, "mx-host".
        public var mxHosts: [String]

        /// Members that section 4.4 does not know.
        public var unknownMembers: [UnknownMember]

        /// A policy as a report tells it.
        public init(
            type: TLSPolicyType?,
            lines: [String] = [],
            domain: String?,
            mxHosts: [String] = [],
            unknownMembers: [UnknownMember] = []
        ) {
            self.type = type
            self.lines = lines
            self.domain = domain
            self.mxHosts = mxHosts
            self.unknownMembers = unknownMembers
        }
    }

    /// The session counts of one policy, "summary"; never negative, at most 2^53 - 1 (RFC 7493 section 2.2).
    public struct Summary: Hashable, Sendable {
        /// Sessions that kept the policy, "total-successful-session-count".
        public var successfulSessions: Int

        /// Sessions that failed, "total-failure-session-count".
        public var failedSessions: Int

        /// Members that section 4.4 does not know.
        public var unknownMembers: [UnknownMember]

        /// Counts of sessions.
        public init(successfulSessions: Int, failedSessions: Int, unknownMembers: [UnknownMember] = []) {
            self.successfulSessions = successfulSessions
            self.failedSessions = failedSessions
            self.unknownMembers = unknownMembers
        }
    }

    /// A member that RFC 8460 section 4.4 does not know, kept so that nothing of a report is lost.
    public struct UnknownMember: Hashable, Sendable {
        /// Its name, with escapes resolved.
        public var name: String

        /// Its value as JSON text, as it came.
        public var json: String

        /// A member; `json` must be a JSON value.
        public init(name: String, json: String) {
            self.name = name
            self.json = json
        }
    }
}
