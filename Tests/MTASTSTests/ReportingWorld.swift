// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import Synchronization
import Testing

/// Clocks, DNS and receivers of reports for the tests of ``TLSReporter``.
struct ReportingWorld {
    static let destination = "https://reports.example.net/tls"

    let wall = ManualWallClock()
    let clock = ManualMonotonicClock()
    let dns = ScriptedDNS()
    let reports = ScriptedReports()
    let events = EventLog()
    let submitter: DomainName
    let domain: DomainName
    /// The day before the one that the wall clock shows.
    let day: ReportDay

    init() throws {
        submitter = try #require(DomainName("sender.example"))
        domain = try #require(DomainName("example.com"))
        day = ReportDay(containing: wall.now.advanced(bySeconds: -1))
    }

    func configuration() -> TLSReporter.Configuration {
        var configuration = TLSReporter.Configuration(submitter: submitter, wallClock: wall, monotonicClock: clock)
        configuration.https = reports
        configuration.mail = TLSReporter.Mail(transport: reports, signing: .signedByServer)
        configuration.reportEvent = { [events] in events.add($0) }
        return configuration
    }

    func reporter(_ change: (inout TLSReporter.Configuration) -> Void = { _ in }) -> TLSReporter {
        var configuration = configuration()
        change(&configuration)
        return TLSReporter(dns: dns, configuration)
    }

    func report(about domain: DomainName? = nil) -> TLSReport {
        let domain = domain ?? self.domain
        return TLSReport(
            organizationName: "Sender",
            dateRange: TLSReport.DateRange(day),
            contactInfo: "tls-reports@\(submitter)",
            reportID: "\(day).\(domain)@\(submitter)",
            policies: [
                TLSReport.PolicyEntry(
                    policy: TLSReport.Policy(type: .noPolicyFound, domain: "\(domain)"),
                    summary: TLSReport.Summary(successfulSessions: 1, failedSessions: 0)
                )
            ]
        )
    }

    func publish(_ uris: String..., for domain: DomainName? = nil) {
        dns.publishReportingRecord("v=TLSRPTv1;rua=\(uris.joined(separator: ","))", for: domain ?? self.domain)
    }

    /// Moves both clocks.
    func advance(seconds: Int64) {
        wall.advance(bySeconds: seconds)
        clock.advance(by: .seconds(seconds))
    }

    /// Makes attempts fail and time pass, once for each pause, and checks that nothing happens before its end.
    func passPauses(_ pauses: [Int64], attemptsAt destination: String) async {
        for (index, pause) in pauses.enumerated() {
            await reports.waitForAttempts(index + 1, at: destination)
            await clock.waitForSleepers()
            advance(seconds: pause - 1)
            #expect(reports.attemptCount(at: destination) == index + 1)
            advance(seconds: 1)
        }
    }
}

/// What a reporter has told.
final class EventLog: Sendable {
    private let list = Mutex<[ReportEvent]>([])

    func add(_ event: ReportEvent) { list.withLock { $0.append(event) } }

    var all: [ReportEvent] { list.withLock { $0 } }

    var failedAttempts: Int { all.count { if case .attemptFailed = $0 { true } else { false } } }

    var sourceFailures: Int { all.count { if case .sourceFailed = $0 { true } else { false } } }

    var outcomes: [DomainName: ReportOutcome] {
        var outcomes: [DomainName: ReportOutcome] = [:]
        for case .finished(let domain, _, let outcome) in all { outcomes[domain] = outcome }
        return outcomes
    }
}
