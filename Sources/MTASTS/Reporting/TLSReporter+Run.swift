// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TLSRPT

extension TLSReporter {
    /// Sends the reports of each day that is over, spread over the hours after it, until the task is cancelled.
    ///
    /// A source that fails is asked again later; that one of its days cannot be read holds no other day up. What is on
    /// its way when the task is cancelled is given up and left in the source.
    public func run(reportsOf source: any ReportSource) async {
        let round = Round()
        while !Task.isCancelled {
            var pause: Duration
            do {
                pause = try await pass(source, round)
            } catch {
                if Task.isCancelled { return }
                configuration.reportEvent?(.sourceFailed(reason: "\(error)"))
                pause = Self.pauseAfterTrouble
            }
            // What is due within a minute is sent together; the wall clock may be set, so it is looked at every hour.
            pause = min(max(pause, .seconds(60)), .seconds(3_600))
            guard (try? await configuration.monotonicClock.sleep(until: monotonicNow.advanced(by: pause))) != nil else {
                return
            }
        }
    }

    /// A report by what it is about.
    private struct Key: Hashable, Sendable {
        let domain: DomainName
        let day: ReportDay
    }

    private struct Attempted: Sendable {
        let key: Key
        let effort: Effort
        let verdict: Verdict?
    }

    /// What is known of reports from one pass to the next. Used by one task alone.
    private final class Round {
        var efforts: [Key: Effort] = [:]
        /// Reports that are done with and whose source could not note it yet.
        var unnoted: [Key: ReportOutcome] = [:]
        /// Whether all reports of the day that is looked at are done with.
        var isDayDone = true
        /// When there is something to do next.
        var next: Duration = .seconds(3_600)

        func wait(_ pause: Duration) {
            isDayDone = false
            next = min(next, pause)
        }
    }

    /// Sends all reports that are due now.
    ///
    /// - Returns: How long there is nothing to do then.
    private func pass(_ source: any ReportSource, _ round: Round) async throws -> Duration {
        round.next = .seconds(3_600)
        for (key, outcome) in round.unnoted {
            try await tellingTrouble(round) {
                try await source.finish(key.domain, on: key.day, outcome: outcome)
                round.unnoted[key] = nil
            }
        }
        let today = ReportDay(containing: configuration.wallClock.now)
        for day in try await source.days() where day < today {
            round.isDayDone = true
            try await tellingTrouble(round) {
                try await pass(source, day, today, round)
                guard round.isDayDone else { return }
                try await source.finish(day)
                round.efforts = round.efforts.filter { $0.key.day != day }
            }
        }
        let midnight = today.end.advanced(bySeconds: 1)
        let untilMidnight = midnight.seconds(since: configuration.wallClock.now)
        return min(round.next, .seconds(untilMidnight))
    }

    /// Does something with the source; a failure is told, and it is to be tried again soon.
    ///
    /// - Throws: `CancellationError` alone.
    private func tellingTrouble(_ round: Round, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            try Task.checkCancellation()
            configuration.reportEvent?(.sourceFailed(reason: "\(error)"))
            round.wait(Self.pauseAfterTrouble)
        }
    }

    private static let pauseAfterTrouble = Duration.seconds(300)

    private func pass(_ source: any ReportSource, _ day: ReportDay, _ today: ReportDay, _ round: Round) async throws {
        let isOld = today.daysSinceEpoch - day.daysSinceEpoch > max(1, configuration.maximumAgeInDays)
        let limit = max(1, configuration.maximumConcurrentReports)
        let failure = await withTaskGroup(of: Attempted.self) { group -> (any Error)? in
            var running = 0
            var failure: (any Error)?
            do {
                try await source.forEachReport(on: day, where: { isDue(Key(domain: $0, day: day), round) }) {
                    domain,
                    report in
                    let key = Key(domain: domain, day: day)
                    let effort = round.efforts[key] ?? newEffort
                    guard !isOld else {
                        let failure = ReportFailure(destination: nil, reason: "the day ended too long ago")
                        return await finish(key, .gaveUp([failure]), source, round)
                    }
                    let prepared: PreparedReport
                    do throws(PreparedReport.Fault) {
                        prepared = try prepare(report, about: domain, effort)
                    } catch {
                        return await finish(key, .unsendable(reason: "\(error)"), source, round)
                    }
                    if running >= limit, let attempted = await group.next() {
                        running -= 1
                        await settle(attempted, source, round)
                    }
                    try Task.checkCancellation()
                    running += 1
                    group.addTask { await self.attempt(prepared, key, effort) }
                }
            } catch {
                failure = error
            }
            // A source that fails does not break off what is on its way.
            for await attempted in group { await settle(attempted, source, round) }
            return failure
        }
        try Task.checkCancellation()
        if let failure { throw failure }
    }

    private func attempt(_ report: PreparedReport, _ key: Key, _ effort: Effort) async -> Attempted {
        var effort = effort
        let verdict = try? await attempt(report, &effort)
        return Attempted(key: key, effort: effort, verdict: verdict)
    }

    /// Whether a report is to be sent now: the first time some hours after its day, then after a pause.
    private func isDue(_ key: Key, _ round: Round) -> Bool {
        if round.unnoted[key] != nil {
            round.wait(Self.pauseAfterTrouble)
            return false
        }
        let pause: Duration
        if let effort = round.efforts[key] {
            pause = effort.due.duration(since: monotonicNow)
        } else {
            let first = configuration.schedule.firstAttempt(about: key.domain, on: key.day)
            pause = .seconds(first.seconds(since: configuration.wallClock.now))
        }
        if pause > .zero { round.wait(pause) }
        return pause <= .zero
    }

    private func settle(_ attempted: Attempted, _ source: any ReportSource, _ round: Round) async {
        switch attempted.verdict {
        case .finished(let outcome)?:
            await finish(attempted.key, outcome, source, round)
        case .again(let time)?:
            round.efforts[attempted.key] = attempted.effort
            round.wait(time.duration(since: monotonicNow))
        case nil:
            // Cancelled.
            round.wait(.zero)
        }
    }

    /// Tells the source that a report is done with. If it cannot note that, it is told again later.
    private func finish(
        _ key: Key,
        _ outcome: ReportOutcome,
        _ source: any ReportSource,
        _ round: Round
    ) async {
        round.efforts[key] = nil
        configuration.reportEvent?(.finished(key.domain, key.day, outcome))
        do {
            try await source.finish(key.domain, on: key.day, outcome: outcome)
        } catch {
            configuration.reportEvent?(.sourceFailed(reason: "\(error)"))
            round.unnoted[key] = outcome
            round.wait(Self.pauseAfterTrouble)
        }
    }
}
