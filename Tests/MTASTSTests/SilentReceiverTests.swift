// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import Testing

/// Receivers that let every attempt run into its deadline.
@Suite("Receivers of reports that do not answer", .timeLimit(.minutes(1)))
struct SilentReceiverTests {
    private let world: ReportingWorld
    private let reports: ScriptedReports

    init() throws {
        world = try ReportingWorld()
        reports = ScriptedReports(clock: world.clock)
    }

    private func silence(_ uris: [String], for domain: DomainName? = nil) {
        world.dns.publishReportingRecord("v=TLSRPTv1;rua=\(uris.joined(separator: ","))", for: domain ?? world.domain)
        for uri in uris { reports.answer(.status(200), at: uri, after: .seconds(3_600)) }
    }

    private func reporter() -> TLSReporter {
        world.reporter { $0.https = reports }
    }

    /// One host is waited for once in an attempt, by however many URLs it is named.
    @Test(
        arguments: [
            ["https://silent.example/a", "https://silent.example/b", "https://SILENT.example:443/c?d#e"],
            ["https://[2001:db8::1]/a", "https://[2001:db8::1]:443/b", "HTTPS://[2001:DB8::1]/c"],
            ["https://silent.example:8443", "https://silent.example:8443?x", "https://silent.example.:8443/y"],
        ]
    )
    func oneHost(uris: [String]) async throws {
        silence(uris)
        let reporter = reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        world.advance(seconds: 60)
        // The pause after the attempt, or the next POST.
        await world.clock.waitForSleepers()
        #expect(reports.attempts.count == 1)
        let failures = world.events.all.compactMap { event -> Int? in
            if case .attemptFailed(_, _, let failures, _) = event { failures.count } else { nil }
        }
        #expect(failures == [uris.count])
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func otherPortsAreOtherReceivers() async throws {
        silence(["https://silent.example/a"])
        let other = "https://silent.example:8443/a"
        world.dns.publishReportingRecord("v=TLSRPTv1;rua=https://silent.example/a,\(other)", for: world.domain)
        reports.answer(.status(200), at: other)
        let reporter = reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        world.advance(seconds: 60)
        #expect(try await task.value == .sent(to: [.https(url: other)]))
    }

    /// However many hosts are silent, an attempt ends, and the next one begins with those it did not come to.
    @Test func wholeAttempt() async throws {
        let uris = (0..<8).map { "https://silent\($0).example/" }
        silence(uris)
        let reporter = reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        for _ in 0..<2 {
            await world.clock.waitForSleepers()
            world.advance(seconds: 60)
        }
        await world.clock.waitForSleepers()
        #expect(reports.attempts == Array(uris[..<2]))
        world.advance(seconds: 300)
        await reports.waitForAttempts(1, at: uris[2])
        #expect(reports.attempts == Array(uris[..<3]))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    /// Domains of a stranger that all name one silent host do not keep the others from being reported to.
    @Test func headOfTheLine() async throws {
        world.advance(seconds: 14_400)
        let strangers = try (0..<8).map { try #require(DomainName("a\($0).example")) }
        for domain in strangers {
            silence((0..<8).map { "https://silent.example/\(domain)/\($0)" }, for: domain)
        }
        let honest = try #require(DomainName("honest.example"))
        world.publish(ReportingWorld.destination, for: honest)
        reports.answer(.status(200), at: ReportingWorld.destination)
        let source = MemoryReportSource()
        for domain in strangers + [honest] { source.add([domain: world.report(about: domain)], on: world.day) }
        let reporter = reporter()
        let task = Task { await reporter.run(reportsOf: source) }
        await world.clock.waitForSleepers()
        world.advance(seconds: 60)
        await reports.waitForAttempts(1, at: ReportingWorld.destination)
        // A second stranger finds out whether that was an outage.
        let silent = reports.attempts.filter { $0.contains("silent") }
        #expect(silent.count <= 2)
        task.cancel()
        await task.value
    }
}
