// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// Tests the promises of `HTTPReportTransport` against servers that behave and servers that do not.
///
/// As with ``HTTPTransportSuite`` the suite brings the scenarios and the author of a transport the servers: for each
/// scenario one that does what ``Scenario/server`` says, at `mta-sts.NAME.example` and one port for all. The transport
/// under test is set up so that it reaches them and trusts their certificates' authority, and so that its guard lets
/// them through. The folder Tests/Integration/world of this package starts such servers.
public struct HTTPReportTransportSuite: Sendable {
    /// What must come back.
    public enum Outcome: Hashable, Sendable, CustomStringConvertible {
        /// This status.
        case status(Int)
        /// `ReportTransportFailure.temporary`, or an error that is none of ours.
        case temporary
        /// `ReportTransportFailure.permanent`.
        case permanent
        /// `CancellationError`.
        case cancelled

        /// A word or two for people.
        public var description: String {
            switch self {
            case .status(let status): "status \(status)"
            case .temporary: "a temporary failure"
            case .permanent: "a permanent failure"
            case .cancelled: "a cancellation"
            }
        }
    }

    /// One server and what a transport must make of it.
    public struct Scenario: Sendable {
        /// A short name; the server is `mta-sts.` and this name under `example`.
        public let name: String
        /// What the server does.
        public let server: String
        /// What must come back.
        public let expected: Outcome
        /// The octets of the report.
        public let bodyCount: Int
        /// The deadline of the POST.
        public let deadline: Duration
        /// How long the POST may take.
        public let within: Duration

        init(
            _ name: String,
            _ server: String,
            _ expected: Outcome,
            bodyCount: Int = 1_000,
            deadline: Duration = .seconds(10),
            within: Duration = .seconds(5)
        ) {
            self.name = name
            self.server = server
            self.expected = expected
            self.bodyCount = bodyCount
            self.deadline = deadline
            self.within = within
        }
    }

    /// All scenarios.
    public static let scenarios: [Scenario] = [
        Scenario("report-200", "takes the report", .status(200)),
        Scenario("report-201", "takes the report and says 201", .status(201)),
        Scenario("report-204", "takes the report and says 204", .status(204)),
        Scenario("report-200", "takes a report of four megabytes", .status(200), bodyCount: 4_194_304),
        Scenario("report-301", "redirects to report-200", .status(301)),
        Scenario("report-307", "redirects to report-200, keeping the method", .status(307)),
        Scenario("report-413", "answers 413 before it has read the body", .status(413), bodyCount: 4_194_304),
        Scenario("report-500", "fails", .status(500)),
        Scenario("report-interim", "sends interim answers (103) before 201", .status(201)),
        Scenario("report-endless", "answers 200 with a body that never ends", .status(200)),
        Scenario("report-slow-body", "answers 200 and never sends the body it announced", .status(200)),
        Scenario("report-expired", "has a certificate that has expired", .temporary),
        Scenario("report-unknown", "has a certificate of an authority that is not trusted", .temporary),
        Scenario("wrong-name", "has a certificate for other names; the common name is right", .temporary),
        Scenario("refused-tcp", "does not listen", .temporary),
        Scenario("reset", "resets the connection after the first octet", .temporary),
        Scenario("not-tls", "speaks SMTP instead of TLS", .temporary),
        Scenario(
            "report-drip",
            "sends an octet of header a second",
            .temporary,
            deadline: .seconds(2),
            within: .seconds(3)
        ),
        Scenario("report-silent", "never answers", .temporary, deadline: .seconds(2), within: .seconds(3)),
        Scenario("no-handshake", "never shakes hands", .temporary, deadline: .seconds(2), within: .seconds(3)),
    ]

    private let port: UInt16

    /// A suite.
    ///
    /// - Parameter port: The port of the servers.
    public init(port: UInt16) { self.port = port }

    /// Runs all scenarios, one after the other, and then the checks of cancellation and of URLs.
    ///
    /// - Returns: Every broken promise; none if the transport conforms.
    public func run(transport: any HTTPReportTransport) async -> [ConformanceViolation] {
        var violations: [ConformanceViolation] = []
        for scenario in Self.scenarios { violations += await run(scenario, transport: transport) }
        violations += await checkCancellation(transport: transport)
        return violations + (await checkURLs(transport: transport))
    }

    /// Runs one scenario.
    public func run(_ scenario: Scenario, transport: any HTTPReportTransport) async -> [ConformanceViolation] {
        let start = ContinuousClock.now
        let post = post(to: "https://mta-sts.\(scenario.name).example:\(port)/report", scenario)
        let (outcome, detail) = await result(of: transport, post)
        let duration = ContinuousClock.now - start
        var violations: [ConformanceViolation] = []
        if outcome != scenario.expected {
            let text = "expected \(scenario.expected), got \(outcome): \(detail)"
            violations.append(ConformanceViolation(check: scenario.name, detail: text))
        }
        if duration > scenario.within {
            violations.append(ConformanceViolation(check: scenario.name, detail: "it took \(duration)"))
        }
        return violations
    }

    /// Cancels a POST to a server that never answers, which must end it at once with `CancellationError`.
    public func checkCancellation(transport: any HTTPReportTransport) async -> [ConformanceViolation] {
        let post = ReportPost(
            url: "https://mta-sts.report-silent.example:\(port)/",
            mediaType: "application/tlsrpt+json",
            body: Array("{}".utf8),
            deadline: .seconds(20)
        )
        let start = ContinuousClock.now
        let task = Task { await result(of: transport, post) }
        task.cancel()
        let (outcome, detail) = await task.value
        let duration = ContinuousClock.now - start
        if outcome == .cancelled, duration < .seconds(2) { return [] }
        return [ConformanceViolation(check: "cancellation", detail: "\(outcome) after \(duration): \(detail)")]
    }

    /// URLs that cannot be used must be a permanent failure.
    public func checkURLs(transport: any HTTPReportTransport) async -> [ConformanceViolation] {
        var violations: [ConformanceViolation] = []
        for url in [
            "", "https:///x", "http://mta-sts.report-200.example/", "https://mta-sts.report-200.example:65536/",
        ] {
            let post = ReportPost(url: url, mediaType: "application/tlsrpt+json", body: Array("{}".utf8))
            let (outcome, detail) = await result(of: transport, post)
            if outcome != .permanent {
                let text = "expected a permanent failure for \"\(url)\", got \(outcome): \(detail)"
                violations.append(ConformanceViolation(check: "url", detail: text))
            }
        }
        return violations
    }

    private func post(to url: String, _ scenario: Scenario) -> ReportPost {
        ReportPost(
            url: url,
            mediaType: "application/tlsrpt+json",
            body: [UInt8](repeating: 0x20, count: scenario.bodyCount),
            deadline: scenario.deadline
        )
    }

    private func result(of transport: any HTTPReportTransport, _ post: ReportPost) async -> (Outcome, String) {
        do {
            let status = try await transport.post(post)
            return (.status(status), "")
        } catch let failure as ReportTransportFailure {
            if case .permanent = failure { return (.permanent, "\(failure)") }
            return (.temporary, "\(failure)")
        } catch is CancellationError {
            return (.cancelled, "")
        } catch {
            return (.temporary, "\(error)")
        }
    }
}
