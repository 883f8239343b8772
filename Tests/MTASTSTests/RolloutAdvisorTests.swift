// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@Suite("Rollout advice")
struct RolloutAdvisorTests {
    private typealias Entry = TLSReport.PolicyEntry
    private typealias Detail = TLSReport.FailureDetail

    private static let day0 = ReportDay(containing: UnixTime(secondsSinceEpoch: 1_760_000_000))
    private static let text =
        "version: STSv1\nmode: testing\nmx: *.mx.example.com\nmx: backup.example.net\nmax_age: 86400\n"

    /// - Parameter today: Days after the first one.
    private func advisor(daysNeeded: Int = 14, today: Int = 14) throws -> RolloutAdvisor {
        RolloutAdvisor(
            policyDomain: try #require(DomainName("example.com")),
            policy: try STSPolicy(parsing: Array(Self.text.utf8)),
            today: ReportDay(containing: Self.day0.start.advanced(bySeconds: Int64(today) * 86_400)),
            options: .init(daysNeeded: daysNeeded)
        )
    }

    private func report(
        day: Int,
        from sender: String = "sender.example",
        ok: Int = 10,
        failed: Int = 0,
        _ details: [Detail] = [],
        type: TLSPolicyType = .sts,
        domain: String = "example.com",
        patterns: [String] = ["*.mx.example.com", "backup.example.net"]
    ) -> TLSReport {
        let start = Self.day0.start.advanced(bySeconds: Int64(day) * 86_400)
        return TLSReport(
            organizationName: sender,
            dateRange: .init(ReportDay(containing: start)),
            contactInfo: "tls@\(sender)",
            reportID: "\(day).\(domain)@\(sender)",
            policies: [
                Entry(
                    policy: .init(type: type, domain: domain, mxHosts: patterns),
                    summary: .init(successfulSessions: ok, failedSessions: failed),
                    failureDetails: details
                )
            ]
        )
    }

    @Test("Two weeks of successes are safe, a day less is too little")
    func safe() throws {
        var advisor = try advisor()
        for day in 0..<13 { advisor.add(report(day: day)) }
        #expect(advisor.advice().verdict == .tooFewReports)
        #expect(advisor.advice().gaps == [.days])
        advisor.add(report(day: 13))
        let advice = advisor.advice()
        #expect(advice.verdict == .safe)
        #expect(advice.days == 14)
        #expect(advice.sessions == 140)
        #expect(advice.stoppedSessions == 0)
        #expect(advice.obstacles.isEmpty)
        #expect(advice.range?.lowerBound == Self.day0)
        #expect(advice.gaps.isEmpty)
    }

    @Test("Reports that ended more than a week ago say nothing of today", arguments: [(20, true), (21, false)])
    func stale(today: Int, isSafe: Bool) throws {
        var advisor = try advisor(today: today)
        for day in 0..<14 { advisor.add(report(day: day)) }
        #expect(advisor.advice().verdict == (isSafe ? .safe : .tooFewReports))
        #expect(advisor.advice().gaps == (isSafe ? [] : [.recentReports]))
    }

    /// sys4 and Postfix write reports without it.
    @Test("Of an entry that names no policy domain the failures count, and no success", .proves("R-JSON-09"))
    func unnamed() throws {
        func unnamed(day: Int, ok: Int = 10, failed: Int = 0) -> TLSReport {
            var report = report(day: day, from: "other.example", ok: ok, failed: failed)
            report.policies[0].policy.domain = nil
            return report
        }
        var advisor = try advisor()
        for day in 0..<14 { advisor.add(unnamed(day: day)) }
        #expect(advisor.advice().gaps == [.days, .successes])
        for day in 0..<14 { advisor.add(report(day: day)) }
        #expect(advisor.advice().verdict == .safe)
        var failing = advisor
        failing.add(unnamed(day: 14, failed: 50))
        #expect(failing.advice().verdict == .wouldStopMail)
        #expect(failing.advice().unnamedFailures == 50)
        // The mail or the file name tells the domain.
        failing = advisor
        failing.add(unnamed(day: 14, failed: 50), stated: try DomainName(parsing: "example.net"))
        #expect(failing.advice().verdict == .safe)
        failing.add(unnamed(day: 13, ok: 7, failed: 50), stated: try DomainName(parsing: "example.com"))
        #expect(failing.advice().verdict == .safe, "the report of this name was counted")
        var renamed = unnamed(day: 14, ok: 7, failed: 50)
        renamed.reportID = "x"
        failing.add(renamed, stated: try DomainName(parsing: "example.com"))
        #expect(failing.advice().verdict == .wouldStopMail)
        #expect((failing.advice().unnamedFailures, failing.advice().sessions) == (0, 197))
    }

    @Test("The other entries and what is stated tell the domain if they agree")
    func subject() throws {
        let (com, net) = (try DomainName(parsing: "example.com"), try DomainName(parsing: "example.net"))
        var report = report(day: 0)
        #expect(report.policyDomain() == com)
        #expect(report.policyDomain(stated: com) == com)
        #expect(report.policyDomain(stated: net) == nil)
        report.policies += self.report(day: 0, type: .tlsa, domain: "mx.example.net").policies
        #expect(report.policyDomain() == com)
        report.policies += self.report(day: 0, domain: "example.net").policies
        #expect(report.policyDomain() == nil)
        report.policies = []
        #expect(report.policyDomain(stated: net) == net)
    }

    @Test("No report, and reports of failures alone, are never safe")
    func nothing() throws {
        #expect(try advisor(daysNeeded: 0).advice().verdict == .tooFewReports)
        var advisor = try advisor(daysNeeded: 1)
        advisor.add(report(day: 0, ok: 0, failed: 3))
        let advice = advisor.advice()
        #expect(advice.verdict == .wouldStopMail)
        // Three failures that no detail explains would be stopped all the same.
        #expect(advice.stoppedSessions == 3)
        #expect(advice.obstacles.map(\.resultType) == [nil])
    }

    @Test("What stops mail comes first, by sessions; then what leaves it unprotected")
    func order() throws {
        var advisor = try advisor(daysNeeded: 1)
        advisor.add(
            report(
                day: 0,
                failed: 9,
                [
                    Detail(resultType: .stsPolicyFetchError, failedSessions: 4, failureReasonCode: "http-status-404"),
                    Detail(
                        resultType: .certificateExpired,
                        receivingMXHostname: "A.mx.example.com",
                        failedSessions: 2
                    ),
                    Detail(
                        resultType: .startTLSNotSupported,
                        receivingMXHostname: "backup.example.net",
                        failedSessions: 3
                    ),
                ]
            )
        )
        let advice = advisor.advice()
        #expect(
            advice.obstacles.map(\.resultType) == [.startTLSNotSupported, .certificateExpired, .stsPolicyFetchError]
        )
        #expect(advice.obstacles.map(\.effect) == [.stopsMail, .stopsMail, .leavesMailUnprotected])
        #expect(advice.stoppedSessions == 5)
        #expect(advice.mxHosts.map(\.name) == ["backup.example.net", "a.mx.example.com"])
        #expect(advice.obstacles[0].remedy.contains("backup.example.net"))
        #expect(advice.senders.map(\.stoppedSessions) == [5])
    }

    @Test("Fetch failures alone stop no mail")
    func fetchFailures() throws {
        var advisor = try advisor(daysNeeded: 1, today: 3)
        advisor.add(report(day: 0, failed: 4, [Detail(resultType: .stsWebPKIInvalid, failedSessions: 4)]))
        #expect(advisor.advice().verdict == .safe)
        #expect(advisor.advice().obstacles.map(\.standing) == [.stands])
    }

    @Test("An MX host that an older policy did not name, and the published one does, is settled")
    func settled() throws {
        var advisor = try advisor(daysNeeded: 1, today: 3)
        func mismatch(_ host: String) -> [Detail] {
            [
                Detail(
                    resultType: .validationFailure,
                    receivingMXHostname: host,
                    failedSessions: 5,
                    failureReasonCode: "mx-mismatch"
                )
            ]
        }
        advisor.add(report(day: 0, failed: 5, mismatch("backup.example.net"), patterns: ["*.mx.example.com"]))
        #expect(advisor.advice().verdict == .safe)
        #expect(advisor.advice().obstacles.map(\.standing) == [.settledByPolicy])
        advisor.add(report(day: 1, failed: 5, mismatch("stray.example.net")))
        #expect(advisor.advice().verdict == .wouldStopMail)
        #expect(advisor.advice().obstacles.first?.remedy.contains("mx: stray.example.net") == true)
        #expect(advisor.advice().mxHosts.map(\.isInPolicy).contains(false))
        // A failure of another kind at a host that matches is not settled by the policy.
        advisor.add(report(day: 2, failed: 5, mismatch("backup.example.net")))
        #expect(advisor.advice().obstacles.filter { $0.standing == .stands }.count == 2)
    }

    @Test("A failure is past once its sender has reported for a week without it; another's reports prove nothing")
    func past() throws {
        var advisor = try advisor(today: 30)
        let detail = Detail(resultType: .certificateExpired, receivingMXHostname: "a.mx.example.com", failedSessions: 1)
        advisor.add(report(day: 6, failed: 1, [detail]))
        for day in 0..<30 { advisor.add(report(day: day, from: "other.example")) }
        #expect(advisor.advice().verdict == .wouldStopMail)
        for day in 7..<13 { advisor.add(report(day: day)) }
        #expect(advisor.advice().verdict == .wouldStopMail)
        advisor.add(report(day: 13))
        #expect(advisor.advice().verdict == .safe)
        #expect(advisor.advice().obstacles.map(\.standing) == [.notSeenLately])
        #expect(advisor.advice().obstacles.first?.lastSeen == report(day: 6).dateRange.start.map(ReportDay.init))
    }

    @Test("A report of the future makes nothing past and is no evidence")
    func future() throws {
        var advisor = try advisor(today: 40)
        let detail = Detail(
            resultType: .certificateExpired,
            receivingMXHostname: "a.mx.example.com",
            failedSessions: 50
        )
        for day in 0...40 { advisor.add(report(day: day, failed: 50, [detail])) }
        advisor.add(report(day: 40_000))
        advisor.add(report(day: 40_000, from: "other.example"))
        #expect(advisor.advice().verdict == .wouldStopMail)
        #expect(advisor.advice().days == 41)
        #expect(advisor.advice().obstacles.first?.lastSeen == advisor.advice().range?.upperBound)
    }

    @Test("The failures of a report on a week may be of its last day, and the week counts as seven days")
    func week() throws {
        var advisor = try advisor(today: 27)
        let detail = Detail(
            resultType: .certificateExpired,
            receivingMXHostname: "a.mx.example.com",
            failedSessions: 50
        )
        var weekly = report(day: 13, failed: 50, [detail])
        weekly.dateRange.end = report(day: 20).dateRange.start
        advisor.add(weekly)
        #expect(advisor.advice().days == 7)
        for day in 20..<26 { advisor.add(report(day: day)) }
        #expect(advisor.advice().verdict == .wouldStopMail)
        advisor.add(report(day: 26))
        #expect(advisor.advice().verdict == .safe)
    }

    @Test("Patterns of an entry are read once, whatever its details", .timeLimit(.minutes(1)))
    func manyPatterns() throws {
        var advisor = try advisor()
        let details = (0..<20_000).map {
            Detail(resultType: .validationFailure, receivingMXHostname: "h\($0 % 10).example", failedSessions: 1)
        }
        advisor.add(report(day: 0, failed: 20_000, details, patterns: (0..<1_000).map { "a\($0).example" }))
        #expect(advisor.advice().mxHosts.count == 10)
    }

    @Test("A report counts once for its submitter (RFC 8460 section 5.3)")
    func duplicates() throws {
        var advisor = try advisor(daysNeeded: 1)
        advisor.add(report(day: 0))
        advisor.add(report(day: 0, ok: 99))
        advisor.add(report(day: 0, from: "other.example"))
        #expect(advisor.advice().sessions == 20)
    }

    @Test("Entries of other domains and of DANE do not count; those under no policy stand apart")
    func otherEntries() throws {
        var advisor = try advisor(daysNeeded: 1)
        advisor.add(report(day: 0, ok: 5, failed: 5, domain: "example.net"))
        advisor.add(report(day: 1, ok: 5, failed: 5, type: .tlsa))
        advisor.add(report(day: 2, ok: 6, failed: 1, type: .noPolicyFound, domain: "EXAMPLE.com."))
        #expect(advisor.advice().verdict == .tooFewReports)
        #expect(advisor.advice().sessions == 0)
        #expect(advisor.advice().senders.map(\.sessionsWithoutPolicy) == [7])
    }

    @Test("Counts at the end of the range and details beyond the limit do not trap or grow without a bound")
    func bounds() throws {
        var advisor = try advisor(daysNeeded: 1)
        let details = (0..<12_000).map {
            Detail(resultType: .validationFailure, receivingMXHostname: "h\($0).example", failedSessions: .max)
        }
        advisor.add(report(day: 2, ok: .min, failed: .min, details))
        advisor.add(report(day: 0, ok: .max, failed: .max, details))
        advisor.add(report(day: 1, ok: .max, failed: .max, details))
        let advice = advisor.advice()
        #expect(advice.obstacles.count == 10_001)
        #expect(advice.stoppedSessions == .max)
    }
}
