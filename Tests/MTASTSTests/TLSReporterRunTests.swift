// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Synchronization
import Testing

@testable import MTASTS

struct TLSReporterRunTests {
    /// Domains of one destination whose reports are due.
    private func crowd(_ count: Int) throws -> (world: ReportingWorld, domains: [DomainName]) {
        let world = try ReportingWorld()
        world.advance(seconds: 14_400)
        let domains = try domains(count)
        for domain in domains { world.publish(ReportingWorld.destination, for: domain) }
        return (world, domains)
    }

    /// Lets time pass, a minute at a time, until the source has no report left.
    private func pass(_ world: ReportingWorld, _ source: MemoryReportSource, hours: Int) async {
        for _ in 0..<(hours * 60) where !source.days().isEmpty {
            await world.clock.waitForSleepers()
            world.advance(seconds: 60)
        }
    }

    private func domains(_ count: Int) throws -> [DomainName] {
        try (0..<count).map { try #require(DomainName("d\($0).example.com")) }
    }

    private func source(_ world: ReportingWorld, _ domains: [DomainName]) -> MemoryReportSource {
        let reports = domains.map { ($0, world.report(about: $0)) }
        return MemoryReportSource([world.day: Dictionary(uniqueKeysWithValues: reports)])
    }

    @Test(.proves("R-SEND-18"))
    func delaysAreSpreadAndStable() throws {
        let world = try ReportingWorld()
        let schedule = ReportSchedule(submitter: world.submitter)
        let other = ReportSchedule(submitter: try #require(DomainName("other.example")))
        let delays = try domains(4_000).map { domain in
            let first = schedule.firstAttempt(about: domain, on: world.day)
            #expect(first == schedule.firstAttempt(about: domain, on: world.day))
            return first.seconds(since: world.day.next.start)
        }
        #expect(delays.allSatisfy { (300...14_400).contains($0) })
        #expect(Set(delays).count > 3_000)
        // A sixteenth of the time gets about a sixteenth of the reports.
        for slice in 0..<16 {
            let count = delays.count { ($0 - 300) * 16 / 14_101 == slice }
            #expect((180...320).contains(count), "slice \(slice): \(count)")
        }
        let same = try domains(1_000).count { domain in
            schedule.firstAttempt(about: domain, on: world.day) == other.firstAttempt(about: domain, on: world.day)
                || schedule.firstAttempt(about: domain, on: world.day).advanced(bySeconds: 86_400)
                    == schedule.firstAttempt(about: domain, on: world.day.next)
        }
        #expect(same < 10)
    }

    @Test(.proves("R-SEND-17"))
    func pausesDoubleAndEnd() throws {
        let schedule = ReportSchedule(submitter: try #require(DomainName("sender.example")))
        var elapsed = Duration.zero
        var pauses: [Duration] = []
        while let pause = schedule.pause(afterFailures: pauses.count + 1, elapsed: elapsed) {
            pauses.append(pause)
            elapsed += pause
        }
        #expect(pauses.map { $0 / .seconds(300) } == [1, 2, 4, 8, 16, 32, 48, 48, 48, 48])
        #expect(schedule.pause(afterFailures: .max, elapsed: .zero) == .seconds(14_400))
        #expect(schedule.pause(afterFailures: .min, elapsed: .seconds(86_101)) == nil)
        var odd = schedule
        odd.firstPause = .zero
        #expect(odd.pause(afterFailures: 1, elapsed: .zero) == .seconds(1))
        odd.spreadSeconds = -5
        let domain = try #require(DomainName("example.com"))
        let day = ReportDay(containing: UnixTime(secondsSinceEpoch: 0))
        #expect(odd.firstAttempt(about: domain, on: day) == day.next.start.advanced(bySeconds: 1))
    }

    @Test(.proves("R-SEND-18"))
    func reportsGoWhenTheirTimeHasCome() async throws {
        let world = try ReportingWorld()
        let domains = try domains(20)
        for domain in domains {
            world.publish("https://\(domain)/", for: domain)
            world.reports.answer(.status(200), at: "https://\(domain)/")
        }
        let times = Mutex<[DomainName: UnixTime]>([:])
        let reporter = world.reporter { configuration in
            configuration.reportEvent = { event in
                guard case .finished(let domain, _, .sent) = event else { return }
                times.withLock { $0[domain] = world.wall.now }
            }
        }
        let source = source(world, domains)
        // Those of a day that is not over are left alone.
        source.add([world.domain: world.report()], on: world.day.next)
        let task = Task { await reporter.run(reportsOf: source) }
        for _ in 0..<(5 * 60) where source.days().count > 1 {
            await world.clock.waitForSleepers()
            world.advance(seconds: 60)
        }
        await world.clock.waitForSleepers()
        task.cancel()
        await task.value
        #expect(world.reports.attempts.count == domains.count)
        let schedule = ReportSchedule(submitter: world.submitter)
        for domain in domains {
            let planned = schedule.firstAttempt(about: domain, on: world.day)
            let sent = try #require(times.withLock { $0[domain] })
            #expect((0...120).contains(sent.seconds(since: planned)))
        }
        #expect(source.days() == [world.day.next])
    }

    @Test func retriesAcrossPasses() async throws {
        let world = try ReportingWorld()
        let url = ReportingWorld.destination
        world.publish(url)
        for _ in 0..<3 { world.reports.answerOnce(.status(503), at: url) }
        world.reports.answer(.status(200), at: url)
        let source = source(world, [world.domain])
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await pass(world, source, hours: 8)
        await world.clock.waitForSleepers()
        task.cancel()
        await task.value
        #expect(world.events.outcomes == [world.domain: .sent(to: [.https(url: url)])])
        #expect(world.reports.posts.count == 4 && Set(world.reports.posts).count == 1)
        let pauses = world.events.all.compactMap { event -> Duration? in
            if case .attemptFailed(_, _, _, let pause) = event { pause } else { nil }
        }
        #expect(pauses == [.seconds(300), .seconds(600), .seconds(1_200)])
    }

    /// All of a day is due at once; that many are on their way and no more.
    @Test(arguments: [1, 8])
    func parallelismIsBounded(limit: Int) async throws {
        let world = try ReportingWorld()
        world.advance(seconds: 14_400)
        let domains = try domains(40)
        for domain in domains { world.publish("https://\(domain)/", for: domain) }
        let reports = ScriptedReports(clock: SystemMonotonicClock())
        for domain in domains {
            reports.answer(.status(200), at: "https://\(domain)/", after: .milliseconds(5))
        }
        let reporter = world.reporter { configuration in
            configuration.https = reports
            configuration.maximumConcurrentReports = limit
        }
        let source = source(world, domains)
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        #expect(source.days().isEmpty)
        #expect(reports.attempts.count == 40)
        #expect(reports.mostAtOnce <= limit && (limit == 1 || reports.mostAtOnce > 1))
        task.cancel()
        await task.value
    }

    @Test func oneDestinationIsNeverTriedTwiceAtOnce() async throws {
        let (world, domains) = try crowd(20)
        let url = ReportingWorld.destination
        let reports = ScriptedReports(clock: SystemMonotonicClock())
        reports.answer(.status(200), at: url, after: .milliseconds(2))
        let reporter = world.reporter { $0.https = reports }
        let source = source(world, domains)
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        #expect(reports.attemptCount(at: url) == 20)
        #expect(reports.mostAtOnce(at: url) == 1)
        task.cancel()
        await task.value
    }

    /// Nobody waits twenty times for a receiver that is down, and all get through once it is up.
    @Test func receiverThatIsDownIsLeftAlone() async throws {
        let (world, domains) = try crowd(20)
        let url = ReportingWorld.destination
        for _ in 0..<2 { world.reports.answerOnce(.failure(.temporary(reason: "down")), at: url) }
        world.reports.answer(.status(200), at: url)
        let source = source(world, domains)
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        #expect(world.reports.attemptCount(at: url) == 2)
        world.advance(seconds: 300)
        await pass(world, source, hours: 1)
        task.cancel()
        await task.value
        #expect(world.reports.attemptCount(at: url) == 22)
        #expect(world.events.outcomes.count == 20)
        // Those that waited have lost no attempt.
        #expect(world.events.failedAttempts == 2)
    }

    /// One connection of many that breaks is no outage.
    @Test func oneFailureClosesNoReceiver() async throws {
        let (world, domains) = try crowd(20)
        let url = ReportingWorld.destination
        for place in 0..<20 {
            let answer: ScriptedReports.Answer = place % 2 == 0 ? .failure(.temporary(reason: "reset")) : .status(200)
            world.reports.answerOnce(answer, at: url)
        }
        world.reports.answer(.status(200), at: url)
        let source = source(world, domains)
        let task = Task { await world.reporter().run(reportsOf: source) }
        await world.clock.waitForSleepers()
        #expect(world.reports.attemptCount(at: url) == 20)
        #expect(world.events.outcomes.count == 10)
        task.cancel()
        await task.value
    }

    /// Who finds a receiver closed each time gives up with those that tried it, when the patience is over.
    @Test(.proves("R-SEND-17")) func waitingEndsWithThePatience() async throws {
        let (world, domains) = try crowd(20)
        world.reports.answer(.failure(.temporary(reason: "down")), at: ReportingWorld.destination)
        let source = source(world, domains)
        let task = Task { await world.reporter().run(reportsOf: source) }
        await pass(world, source, hours: 26)
        task.cancel()
        await task.value
        let givenUp = world.events.outcomes.values.count { if case .gaveUp = $0 { true } else { false } }
        #expect(givenUp == 20)
    }

    @Test func receiverIsClosedAfterTwoFailuresInARow() {
        let gate = ReceiverGate()
        let now = ManualMonotonicClock().now
        gate.noteTrouble("down", at: "a:443", pause: .seconds(300), now: now)
        #expect(gate.trouble(at: "a:443", now: now) == nil)
        gate.noteTrouble("down", at: "a:443", pause: .seconds(300), now: now.advanced(by: .seconds(299)))
        #expect(gate.trouble(at: "a:443", now: now.advanced(by: .seconds(598))) == "down")
        #expect(gate.trouble(at: "b:443", now: now.advanced(by: .seconds(598))) == nil)
        #expect(gate.trouble(at: "a:443", now: now.advanced(by: .seconds(599))) == nil)
        // The first attempt after the pause decides.
        gate.noteTrouble("down still", at: "a:443", pause: .seconds(300), now: now.advanced(by: .seconds(600)))
        #expect(gate.trouble(at: "a:443", now: now.advanced(by: .seconds(899))) == "down still")
        gate.noteSuccess(at: "a:443")
        #expect(gate.trouble(at: "a:443", now: now.advanced(by: .seconds(700))) == nil)
        // Failures that are far apart are no outage.
        gate.noteTrouble("down", at: "a:443", pause: .seconds(300), now: now.advanced(by: .seconds(1_000)))
        gate.noteTrouble("down", at: "a:443", pause: .seconds(300), now: now.advanced(by: .seconds(1_300)))
        #expect(gate.trouble(at: "a:443", now: now.advanced(by: .seconds(1_300))) == nil)
    }

    @Test func cancellationLeavesReportsInTheSource() async throws {
        let world = try ReportingWorld()
        world.advance(seconds: 14_400)
        let domains = try domains(3)
        let url = ReportingWorld.destination
        for domain in domains { world.publish(url, for: domain) }
        world.reports.answer(.status(200), at: url)
        world.reports.hold(url)
        let source = source(world, domains)
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await world.reports.waitForAttempts(1, at: url)
        task.cancel()
        await task.value
        #expect(source.days() == [world.day])
        #expect(world.events.all.isEmpty)
        // After a restart each is sent once.
        world.reports.release(url)
        let again = Task { await world.reporter().run(reportsOf: source) }
        await world.clock.waitForSleepers()
        again.cancel()
        await again.value
        #expect(source.days().isEmpty)
        #expect(world.reports.attemptCount(at: url) == 4)
    }

    /// A source that cannot note what is done leads to no second mail.
    @Test func sourceThatFails() async throws {
        let world = try ReportingWorld()
        world.advance(seconds: 14_400)
        world.publish(ReportingWorld.destination)
        world.reports.answer(.status(200), at: ReportingWorld.destination)
        let source = FailingSource(source(world, [world.domain]), failures: 3)
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        for _ in 0..<60 where !source.memory.days().isEmpty {
            await world.clock.waitForSleepers()
            world.advance(seconds: 60)
        }
        await world.clock.waitForSleepers()
        task.cancel()
        await task.value
        #expect(source.memory.days().isEmpty)
        #expect(world.reports.posts.count == 1)
        #expect(world.events.sourceFailures == 3)
    }

    /// A day that cannot be read is told of each time, and holds up no other.
    @Test func dayThatCannotBeRead() async throws {
        let world = try ReportingWorld()
        world.publish(ReportingWorld.destination)
        world.reports.answer(.status(200), at: ReportingWorld.destination)
        let memory = source(world, [world.domain])
        memory.add([world.domain: world.report()], on: world.day.next)
        let source = FailingSource(memory, failures: 0, unreadable: [world.day])
        world.advance(seconds: 86_400 + 14_400)
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        #expect(memory.days() == [world.day])
        #expect(world.reports.posts.count == 1)
        #expect(world.events.sourceFailures == 1)
        world.advance(seconds: 300)
        await world.clock.waitForSleepers()
        #expect(world.events.sourceFailures == 2)
        task.cancel()
        await task.value
    }

    @Test func oldDaysAreGivenUp() async throws {
        let world = try ReportingWorld()
        world.publish(ReportingWorld.destination)
        let source = source(world, [world.domain])
        world.advance(seconds: 8 * 86_400)
        let reporter = world.reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        task.cancel()
        await task.value
        #expect(source.days().isEmpty && world.reports.attempts.isEmpty)
        guard case .gaveUp? = world.events.outcomes[world.domain] else {
            Issue.record("\(world.events.all)")
            return
        }
    }
}

/// Cannot note that a report is done with, for a number of times, and cannot read some days.
private final class FailingSource: ReportSource {
    struct Failure: Error {}

    let memory: MemoryReportSource
    private let failures: Mutex<Int>
    private let unreadable: Set<ReportDay>

    init(_ memory: MemoryReportSource, failures: Int, unreadable: Set<ReportDay> = []) {
        self.memory = memory
        self.unreadable = unreadable
        self.failures = Mutex(failures)
    }

    func days() -> [ReportDay] { memory.days() }

    func forEachReport(
        on day: ReportDay,
        where isDue: (DomainName) -> Bool,
        _ body: (DomainName, TLSReport) async throws -> Void
    ) async throws {
        if unreadable.contains(day) { throw Failure() }
        try await memory.forEachReport(on: day, where: isDue, body)
    }

    func finish(_ domain: DomainName, on day: ReportDay, outcome: ReportOutcome) throws {
        let fails = failures.withLock { failures in
            failures -= 1
            return failures >= 0
        }
        if fails { throw Failure() }
        memory.finish(domain, on: day, outcome: outcome)
    }

    func finish(_ day: ReportDay) { memory.finish(day) }
}
