// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TLSRPT

extension TLSReporter {
    typealias Destination = TLSReportingRecord.Destination

    /// What was done for a report so far.
    struct Effort: Sendable {
        /// When the first attempt began.
        let begun: MonotonicTime
        /// The same by the wall clock: the date of the mails.
        let date: UnixTime
        /// When the next attempt is due.
        var due: MonotonicTime
        /// Attempts that have failed.
        var failures = 0
        /// How often each destination was tried in vain.
        var tries: [Destination: Int] = [:]
        /// Destinations that will not take the report, and why.
        var refused: [Destination: String] = [:]

        init(begun: MonotonicTime, date: UnixTime) {
            self.begun = begun
            self.date = date
            due = begun
        }
    }

    /// What came of an attempt.
    enum Verdict: Sendable {
        case finished(ReportOutcome)
        case again(MonotonicTime)
    }

    /// Makes one attempt: looks up the record and sends the report to its destinations.
    func attempt(_ report: PreparedReport, _ effort: inout Effort) async throws -> Verdict {
        let end = monotonicNow.advanced(by: configuration.attemptDeadline)
        let record: TLSReportingRecord
        switch await lookUp(report.policyDomain) {
        case .success(let found): record = found
        case .failure(.notAsked(let reason)): return .finished(.notAsked(reason: reason))
        case .failure(.trouble(let reason)):
            try Task.checkCancellation()
            return verdict(report, &effort, [ReportFailure(destination: nil, reason: reason)], counts: true)
        }
        let destinations = destinations(of: record, effort)
        guard !destinations.isEmpty else { return .finished(.noUsableDestination) }
        var round = Turns()
        for destination in destinations where effort.refused[destination] == nil {
            let turn = try await turn(report, at: destination, until: end, round)
            round.note(turn, at: destination, &effort)
            if !round.sent.isEmpty, !configuration.sendsToEachDestination { break }
        }
        guard round.sent.isEmpty else { return .finished(.sent(to: round.sent)) }
        let refusals = destinations.compactMap { destination in
            effort.refused[destination].map { ReportFailure(destination: destination, reason: $0) }
        }
        guard !round.failures.isEmpty else { return .finished(.gaveUp(refusals)) }
        return verdict(report, &effort, round.failures + refusals, counts: round.isTried)
    }

    /// What came of one destination in an attempt.
    private enum Turn {
        case answered(ReportAnswer)
        /// The receiver could not be reached.
        case unreachable(reason: String)
        /// It was left alone.
        case notTried(reason: String)
    }

    /// What came of the destinations so far.
    private struct Turns {
        var sent: [Destination] = []
        var failures: [ReportFailure] = []
        var unreachable: [String: String] = [:]
        var isTried = false

        mutating func note(_ turn: Turn, at destination: Destination, _ effort: inout Effort) {
            switch turn {
            case .answered(.accepted): sent.append(destination)
            case .answered(.refused(let reason)): effort.refused[destination] = reason
            case .answered(.retry(let reason)): fail(reason, at: destination, &effort)
            case .unreachable(let reason):
                unreachable[destination.receiver] = reason
                fail(reason, at: destination, &effort)
            case .notTried(let reason): failures.append(ReportFailure(destination: destination, reason: reason))
            }
        }

        private mutating func fail(_ reason: String, at destination: Destination, _ effort: inout Effort) {
            isTried = true
            effort.tries[destination, default: 0] += 1
            failures.append(ReportFailure(destination: destination, reason: reason))
        }
    }

    private func turn(
        _ report: PreparedReport,
        at destination: Destination,
        until end: MonotonicTime,
        _ round: Turns
    ) async throws -> Turn {
        guard monotonicNow < end else { return .notTried(reason: Self.noTimeLeft) }
        // A record may name one silent host by many URLs.
        if let reason = round.unreachable[destination.receiver] { return .notTried(reason: reason) }
        return try await send(report, to: destination, until: end)
    }

    private static let noTimeLeft = "the attempt took too long at other destinations"

    /// The destinations to try: in the order of the record, those last that were tried in vain more often.
    private func destinations(of record: TLSReportingRecord, _ effort: Effort) -> [Destination] {
        var seen: Set<Destination> = []
        let usable = record.destinations.filter { isUsable($0) && seen.insert($0).inserted }
            .prefix(max(1, configuration.maximumDestinations))
        let ranked = usable.enumerated().map { (tries: effort.tries[$1] ?? 0, place: $0, destination: $1) }
        return ranked.sorted { ($0.tries, $0.place) < ($1.tries, $1.place) }.map(\.destination)
    }

    /// What follows from failures that may pass.
    ///
    /// - Parameter counts: Whether something was tried. RFC 8460 section 5.5 has redelivery follow on a failure of
    ///   delivery; to have waited in vain for others at the same receiver is none, and takes no attempt away.
    private func verdict(
        _ report: PreparedReport,
        _ effort: inout Effort,
        _ failures: [ReportFailure],
        counts: Bool
    ) -> Verdict {
        if counts { effort.failures += 1 }
        let now = monotonicNow
        let elapsed = now.duration(since: effort.begun)
        guard let pause = configuration.schedule.pause(afterFailures: max(1, effort.failures), elapsed: elapsed) else {
            return .finished(.gaveUp(failures))
        }
        effort.due = now.advanced(by: pause)
        if counts, let start = report.report.dateRange.start {
            let day = ReportDay(containing: start)
            configuration.reportEvent?(.attemptFailed(report.policyDomain, day, failures, nextIn: pause))
        }
        return .again(effort.due)
    }

    private enum LookUpFailure: Error {
        case notAsked(String)
        case trouble(String)
    }

    private func lookUp(_ domain: DomainName) async -> Result<TLSReportingRecord, LookUpFailure> {
        guard let name = domain.tlsReportingRecordName else { return .failure(.notAsked("the name is too long")) }
        let records: [[[UInt8]]]
        do {
            records = try await dns.txtRecords(at: name).records.map(\.strings)
        } catch {
            return .failure(.trouble("\(error)"))
        }
        return switch TLSReportingRecord.select(from: records) {
        case .record(let record): .success(record)
        case .absent: .failure(.notAsked("there is no _smtp._tls TXT record"))
        case .several(let count): .failure(.notAsked("\(count) TXT records begin with v=TLSRPTv1;"))
        case .malformed(let error): .failure(.notAsked("the _smtp._tls TXT record is invalid: \(error)"))
        }
    }

    private func isUsable(_ destination: Destination) -> Bool {
        switch destination {
        case .mailto: configuration.mail != nil
        case .https: configuration.https != nil
        }
    }

    /// Sends a report to one destination, once all attempts of others at its receiver have ended.
    private func send(
        _ report: PreparedReport,
        to destination: Destination,
        until end: MonotonicTime
    ) async throws -> Turn {
        let receiver = destination.receiver
        try await gate.enter(receiver)
        defer { gate.leave(receiver) }
        // Many domains name the same receiver: not each report must find out anew that it is down.
        if let reason = gate.trouble(at: receiver, now: monotonicNow) { return .notTried(reason: reason) }
        let timeLeft = end.duration(since: monotonicNow)
        guard timeLeft > .zero else { return .notTried(reason: Self.noTimeLeft) }
        do {
            let answer =
                switch destination {
                case .https(let url):
                    try await post(report, to: url, deadline: min(configuration.postDeadline, timeLeft))
                case .mailto(let address): try await mail(report, to: address)
                }
            gate.noteSuccess(at: receiver)
            return .answered(answer)
        } catch let ReportTransportFailure.permanent(reason) {
            return .answered(.refused(reason: reason))
        } catch {
            try Task.checkCancellation()
            gate.noteTrouble("\(error)", at: receiver, pause: configuration.schedule.firstPause, now: monotonicNow)
            return .unreachable(reason: "\(error)")
        }
    }

    private func post(_ report: PreparedReport, to url: String, deadline: Duration) async throws -> ReportAnswer {
        guard let https = configuration.https else { return .refused(reason: "no way to post") }
        return ReportAnswer(status: try await https.post(report.post(to: url, deadline: deadline)))
    }

    private func mail(_ report: PreparedReport, to address: String) async throws -> ReportAnswer {
        guard let mail = configuration.mail else { return .refused(reason: "no way to mail") }
        guard TLSReportingRecord.Destination.isPublic(mailbox: address) else {
            return .refused(reason: "a mailbox that nobody outside our own network could mean")
        }
        let message: ReportMessage
        do throws(ReportMessage.Fault) {
            message = try report.message(to: address, from: mail.sender)
        } catch {
            return .refused(reason: "\(error)")
        }
        let signed: ReportMail
        do {
            signed = try await message.mail(signing: mail.signing)
        } catch {
            // No matter of the destination: others must not wait for it.
            try Task.checkCancellation()
            return .retry(reason: "signing failed: \(error)")
        }
        try await mail.transport.send(signed)
        return .accepted
    }
}
