// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS

/// What `mta-sts check` found out about one domain.
struct DomainReport: Sendable {
    /// Whether something was found out.
    enum Known<Value: Sendable>: Sendable {
        /// Nobody asked, since something before it failed.
        case notAsked
        /// There was no answer, and why.
        case unknown(String)
        /// The answer.
        case known(Value)

        var value: Value? {
            if case .known(let value) = self { value } else { nil }
        }
    }

    /// The TXT records at the record's name.
    struct Record: Sendable {
        let texts: [[UInt8]]
        let selection: STSRecord.Selection
    }

    /// How the attempt to get the policy ended.
    struct Policy: Sendable {
        /// The policy, as senders read it; nil if they would not.
        let policy: STSPolicy?
        /// Why senders would have no policy.
        let failure: PolicyFailure?
        /// The served file; nil if nothing was served.
        let body: [UInt8]?
        /// Whether addresses that are not public were not connected to.
        let wasKeptFromConnecting: Bool
    }

    /// Where mail goes.
    enum MailHosts: Sendable {
        /// MX records that name hosts.
        case records([MXRecord])
        /// No MX record: the domain itself (RFC 5321 section 5.1).
        case implicit
        /// The null MX of RFC 7505: no mail.
        case null
        /// Neither MX records nor an address.
        case none
        /// The domain does not exist.
        case noSuchDomain
    }

    /// The domain as it was given.
    let input: String

    /// The domain, nil if the input is none.
    let domain: DomainName?

    var record = Known<Record>.notAsked
    var policyHostAddresses = Known<[IPAddress]>.notAsked
    var policy = Known<Policy>.notAsked
    var certificate = Known<CertificateFacts>.notAsked
    var mailHosts = Known<MailHosts>.notAsked

    /// What was found, in the order record, policy host, policy, MX hosts.
    var findings: [CheckFinding] = []

    /// What could not be found out, and why.
    var unknowns: [String] = []

    init(input: String, domain: DomainName?) {
        self.input = input
        self.domain = domain
    }

    /// The MX host names to be held against the policy, in MX order.
    var hosts: [(preference: Int, name: DomainName)] {
        switch mailHosts.value {
        case .records(let records):
            records.compactMap { record in record.exchange.map { (Int(record.preference), $0) } }
        case .implicit: domain.map { [(0, $0)] } ?? []
        case .null, .none?, .noSuchDomain, nil: []
        }
    }

    /// 2 if something could not be found out, else 1 if there is more than notes, else 0.
    var exitCode: Int32 {
        if !unknowns.isEmpty { return 2 }
        return findings.contains { $0.severity != .note } ? 1 : 0
    }
}

/// One thing that the owner of a domain should know.
struct CheckFinding: Codable, Equatable, Sendable {
    /// What a finding is about.
    enum Subject: String, Codable, Sendable {
        case record
        case policyHost = "policy-host"
        case policy
        case mx
    }

    /// The stable id of the rule.
    let rule: String
    let severity: Severity
    let subject: Subject

    /// What is the matter and what to do about it.
    let message: String

    /// The line of the policy file, from 1.
    var line: Int?

    /// The column in that line, from 1.
    var column: Int?

    init(
        _ rule: String,
        _ severity: Severity,
        _ subject: Subject,
        _ message: String,
        line: Int? = nil,
        column: Int? = nil
    ) {
        self.rule = rule
        self.severity = severity
        self.subject = subject
        self.message = message
        self.line = line
        self.column = column
    }
}
