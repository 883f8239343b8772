// SPDX-License-Identifier: Apache-2.0

public import STSCore
public import TLSRPT

/// Sends TLS reports to whom the domains name for them (RFC 8460 sections 3 and 5).
///
/// The record at `_smtp._tls.` is looked up for each attempt, so that a domain that has withdrawn it gets no report.
/// To one destination there is never more than one attempt at a time, and one that cannot be reached is left alone for
/// a while by all reports.
///
/// ```swift
/// var configuration = TLSReporter.Configuration(submitter: sender.submitter)
/// configuration.https = transport                       // either way may be missing
/// configuration.mail = .init(transport: submission, signing: .signedByServer)
/// configuration.compression = ZLIBCompression()
/// let reporter = TLSReporter(dns: SystemDNS(), configuration)
/// await reporter.run(reportsOf: source)                 // until the task is cancelled
/// ```
public final class TLSReporter: Sendable {
    /// How mail is sent.
    public struct Mail: Sendable {
        /// Hands messages to a mail server.
        public var transport: any MailReportTransport

        /// Who signs the messages; a report without a signature of the submitter is ignored (RFC 8460 section 3).
        public var signing: ReportSigning

        /// The address to send from; the report's contact-info if nil.
        public var sender: String?

        /// A way to send mail.
        public init(transport: any MailReportTransport, signing: ReportSigning, sender: String? = nil) {
            self.transport = transport
            self.signing = signing
            self.sender = sender
        }
    }

    /// What can be chosen.
    public struct Configuration: Sendable {
        /// Posts reports to https destinations; without it those are left out.
        public var https: (any HTTPReportTransport)?

        /// Sends reports to mailto destinations; without it those are left out.
        public var mail: Mail?

        /// Compresses reports; without it they go as JSON text.
        public var compression: (any ReportCompression)?

        /// When reports are sent.
        public var schedule: ReportSchedule

        /// Whether a report goes to each destination of a record, or to the first one that takes it. It counts as sent
        /// once one has taken it, and is not tried again at the others (RFC 8460 section 3).
        public var sendsToEachDestination = true

        /// The most destinations of one record that are tried, so that no record makes us write to a crowd.
        public var maximumDestinations = 8

        /// How long one POST may take.
        public var postDeadline = Duration.seconds(60)

        /// How long an attempt to send one report may go on from destination to destination: after that no further one
        /// is begun. The next attempt begins with those that this one did not come to.
        public var attemptDeadline = Duration.seconds(120)

        /// The most reports on their way at once.
        public var maximumConcurrentReports = 8

        /// Reports on days that ended longer ago are given up, in days.
        public var maximumAgeInDays: Int64 = 7

        /// Letters and digits for file names that tell apart several sources of one submitter.
        public var unique: String?

        /// Is told what happens; it must return at once.
        public var reportEvent: (@Sendable (ReportEvent) -> Void)?

        /// Tells the wall time.
        public var wallClock: any WallClock

        /// Tells the time that passes.
        public var monotonicClock: any MonotonicClock

        /// Settings to change at will before the reporter is made.
        ///
        /// - Parameters:
        ///   - submitter: Who sends the reports: the domain of their contact-info.
        ///   - wallClock: Tells the wall time.
        ///   - monotonicClock: Tells the time that passes.
        public init(
            submitter: DomainName,
            wallClock: any WallClock = SystemWallClock(),
            monotonicClock: any MonotonicClock = SystemMonotonicClock()
        ) {
            schedule = ReportSchedule(submitter: submitter)
            self.wallClock = wallClock
            self.monotonicClock = monotonicClock
        }
    }

    let dns: any DNSTransport
    let configuration: Configuration
    let gate = ReceiverGate()

    /// A reporter.
    public init(dns: any DNSTransport, _ configuration: Configuration) {
        self.dns = dns
        self.configuration = configuration
    }

    /// Sends a report now, and again after failures until a destination has taken it, all have refused it, or the time
    /// of `ReportSchedule.patience` has run out.
    ///
    /// - Parameters:
    ///   - report: The report.
    ///   - domain: The domain that the report is about, whose record is asked for destinations.
    /// - Throws: `CancellationError` alone.
    public func deliver(_ report: TLSReport, about domain: DomainName) async throws -> ReportOutcome {
        var effort = newEffort
        let prepared: PreparedReport
        do throws(PreparedReport.Fault) {
            prepared = try prepare(report, about: domain, effort)
        } catch {
            return .unsendable(reason: "\(error)")
        }
        while true {
            switch try await attempt(prepared, &effort) {
            case .finished(let outcome): return outcome
            case .again(let time): try await configuration.monotonicClock.sleep(until: time)
            }
        }
    }

    func prepare(
        _ report: TLSReport,
        about domain: DomainName,
        _ effort: Effort
    ) throws(PreparedReport.Fault) -> PreparedReport {
        try PreparedReport(
            report,
            about: domain,
            compression: configuration.compression,
            date: effort.date,
            unique: configuration.unique
        )
    }

    var newEffort: Effort { Effort(begun: monotonicNow, date: configuration.wallClock.now) }

    var monotonicNow: MonotonicTime { configuration.monotonicClock.now }
}
