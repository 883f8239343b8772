// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting

extension Workload {
    /// TLS reports (RFC 8460).
    static func reporting() throws -> [Workload] {
        let moment = UnixTime(secondsSinceEpoch: 1_767_225_600)
        let day = ReportDay(containing: moment)
        let sender = try ReportSender(
            organizationName: "Example Sender",
            contactInfo: "tls-reports@sender.example"
        )
        let counting = [1, 1_000].map { size in
            Workload("count a session", size, "domains", .counted) {
                let policies = try policies(size)
                let counter = SessionCounter(clock: ManualWallClock(moment))
                return { count in
                    for number in 0..<count {
                        let policy = policies[number % size]
                        counter.count(.success, under: policy, for: policy.domain, at: moment)
                    }
                    return counter.heldDomains
                }
            }
        }
        let building = [10, 1_000].map { size in
            Workload("build a day's reports", size, "domains", .counted, batch: max(2, 200 / size)) {
                let tally = try tally(size, moment, failures: 2)
                return { count in
                    var sum = 0
                    for _ in 0..<count {
                        sum &+= tally.reports(for: day, from: sender).values.reduce(0) { $0 + $1.json().count }
                    }
                    return sum
                }
            }
        }
        let reading = [10_000, 1_000_000, 10_000_000].map { size in
            Workload("read a report", size, "octets", .counted, octets: size, batch: max(2, 200_000 / size)) {
                let text = report(ofOctets: size, day, sender).json()
                return { count in
                    var sum = 0
                    for _ in 0..<count { sum &+= try TLSReport.read(json: text).report.policies.count }
                    return sum
                }
            }
        }
        return counting + building + reading
    }

    private static func policies(_ count: Int) throws -> [SessionPolicy] {
        try Population(count).domains.map { domain in
            SessionPolicy(type: .sts, domain: domain, text: Array(Population.policyText(of: domain).utf8))
        }
    }

    private static func tally(_ domains: Int, _ moment: UnixTime, failures: Int) throws -> SessionTally {
        let counter = SessionCounter(clock: ManualWallClock(moment))
        for policy in try policies(domains) {
            counter.count(.success, under: policy, mxHosts: ["*.mail.example"], for: policy.domain, at: moment)
            for number in 0..<failures {
                counter.count(
                    .failure(.certificateExpired, reason: "reason \(number)"),
                    under: policy,
                    for: policy.domain,
                    peer: SessionPeer(mxHost: policy.domain),
                    at: moment
                )
            }
        }
        return counter.drain()
    }

    /// A report of about so many octets: one policy with many details.
    private static func report(ofOctets octets: Int, _ day: ReportDay, _ sender: ReportSender) -> TLSReport {
        let details = (0..<max(1, octets / 220)).map { number in
            TLSReport.FailureDetail(
                resultType: .certificateExpired,
                sendingMTAIP: "192.0.2.\(number % 256)",
                receivingMXHostname: "mx\(number).mail.example.com",
                receivingIP: "2001:db8::\(number % 10_000)",
                failedSessions: number + 1
            )
        }
        let policy = TLSReport.Policy(
            type: .sts,
            lines: ["version: STSv1"],
            domain: "example.com",
            mxHosts: ["*.example.com"]
        )
        let entry = TLSReport.PolicyEntry(
            policy: policy,
            summary: TLSReport.Summary(successfulSessions: 1, failedSessions: details.count),
            failureDetails: details
        )
        return TLSReport(
            organizationName: sender.organizationName,
            dateRange: TLSReport.DateRange(day),
            contactInfo: sender.contactInfo,
            reportID: "1",
            policies: [entry]
        )
    }
}
