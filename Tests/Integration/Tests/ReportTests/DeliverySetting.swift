// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import MTASTSZLIB
import Synchronization
import Testing

/// A reporter in the world of receivers. Its clock is moved by hand, and its way to HTTPS servers can be cut.
struct DeliverySetting {
    let world: ReportsWorld
    let network: Network
    let shutdown: @Sendable () async -> Void
    private let clock = ManualMonotonicClock()
    private let reporter: TLSReporter
    private let pauses: AsyncStream<Duration>
    private let noMorePauses: @Sendable () -> Void

    /// Posts where servers are, or, while it is cut, to a port where nobody listens.
    final class Network: HTTPReportTransport {
        private let up: any HTTPReportTransport
        private let down: any HTTPReportTransport
        private let isCut = Atomic(false)

        init(up: any HTTPReportTransport, down: any HTTPReportTransport) {
            self.up = up
            self.down = down
        }

        func cut() { isCut.store(true, ordering: .relaxed) }

        func mend() { isCut.store(false, ordering: .relaxed) }

        func post(_ post: ReportPost) async throws -> Int {
            try await (isCut.load(ordering: .relaxed) ? down : up).post(post)
        }
    }

    init(_ stack: HTTPStack = .asyncHTTPClient) throws {
        world = try ReportsWorld()
        let https = try HTTPSWorld()
        let up = try stack.transport(in: https, endpoints: world.endpoints)
        let nowhere = EndpointOverride(others: .init(addresses: [world.address], port: 1))
        let down = try stack.transport(in: https, endpoints: nowhere)
        network = Network(up: up.reports, down: down.reports)
        shutdown = {
            await up.shutdown()
            await down.shutdown()
        }
        let (pauses, continuation) = AsyncStream.makeStream(of: Duration.self)
        self.pauses = pauses
        noMorePauses = { continuation.finish() }
        var configuration = TLSReporter.Configuration(
            submitter: try #require(DomainName("sender.example")),
            monotonicClock: clock
        )
        configuration.https = network
        let mail = try ReportTests.MailTests.transport(to: world, isEncrypted: true)
        configuration.mail = .init(transport: mail, signing: .signedByServer)
        configuration.compression = ZLIBCompression()
        configuration.reportEvent = {
            if case .attemptFailed(_, _, _, let pause) = $0 { continuation.yield(pause) }
        }
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: try DNSWorld().resolver))
        reporter = TLSReporter(dns: dns, configuration)
    }

    /// Delivers the sample report of a domain in `reporting.example`.
    func deliver(_ name: String) async throws -> ReportOutcome {
        let domain = try #require(DomainName("\(name).reporting.example"))
        return try await reporter.deliver(try ReportTests.sample(of: domain), about: domain)
    }

    /// How a delivery went by the reporter's clock.
    struct Delivery {
        let outcome: ReportOutcome
        let attempts: Int
        let elapsed: Duration
    }

    /// Delivers it with as many attempts as it takes; `onPause` is called in each pause with its number.
    func deliver(_ name: String, onPause: (Int) throws -> Void) async throws -> Delivery {
        let delivery = Task {
            defer { noMorePauses() }
            return try await deliver(name)
        }
        defer { delivery.cancel() }
        var count = 0
        var elapsed = Duration.zero
        for await pause in pauses {
            count += 1
            await clock.waitForSleepers()
            try onPause(count)
            elapsed += pause
            clock.advance(by: pause)
        }
        return Delivery(outcome: try await delivery.value, attempts: count + 1, elapsed: elapsed)
    }
}
