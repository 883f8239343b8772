// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// Tests the promises of `HTTPTransport` against servers that behave and servers that do not.
///
/// The suite brings the scenarios as data, the author of a transport brings the servers: for each scenario one that
/// does what ``Scenario/server`` says, as policy host `mta-sts.NAME.example`. The transport under test is set up so
/// that it reaches them (addresses, port, trust root) and so that its guard lets them through. The folder
/// Tests/Integration/world of this package starts such servers.
public struct HTTPTransportSuite: Sendable {
    /// The class of an answer or a failure.
    public enum Outcome: String, Sendable, CaseIterable {
        /// A complete response came back, as the scenario describes it.
        case response
        /// `HTTPFailure.certificate`.
        case certificate
        /// `HTTPFailure.connection`, or an error that is none of ours.
        case connection
        /// `HTTPFailure.tooLarge`.
        case tooLarge
        /// `HTTPFailure.incomplete`.
        case incomplete
        /// `HTTPFailure.deadline`.
        case deadline
        /// `HTTPFailure.overloaded`.
        case overloaded
        /// `CancellationError`.
        case cancelled
    }

    /// What a complete response must be like.
    public struct Response: Hashable, Sendable {
        /// The status code.
        public let status: Int
        /// The media type before any parameter, nil if the header has no Content-Type.
        public let mediaType: String?
        /// The value of Content-Encoding, nil if the header has none.
        public let contentEncoding: String?
        /// The octets of the body; nil if any number is right.
        public let bodyCount: Int?
    }

    /// One server and what a transport must make of it.
    public struct Scenario: Sendable {
        /// A short name; the policy domain is this name under `example`.
        public let name: String
        /// What the server does.
        public let server: String
        /// The outcomes that keep the promises, the best one first.
        public let allowed: [Outcome]
        /// The response, where ``Outcome/response`` is allowed.
        public let response: Response?
        /// The deadline of the request.
        public let deadline: Duration
        /// How long the fetch may take.
        public let within: Duration

        /// The policy host.
        public var host: DomainName? { DomainName("mta-sts.\(name).example") }
    }

    /// What came of one scenario.
    public struct Report: Sendable {
        /// The scenario.
        public let scenario: Scenario
        /// The class of what came back.
        public let outcome: Outcome
        /// What came back, for people.
        public let detail: String
        /// How long it took.
        public let duration: Duration
        /// Broken promises; none if all is well.
        public let violations: [ConformanceViolation]
    }

    /// A suite.
    public init() {}

    /// Runs all scenarios, one after the other, and then the checks of cancellation.
    ///
    /// - Returns: Every broken promise; none if the transport conforms.
    public func run(transport: any HTTPTransport) async -> [ConformanceViolation] {
        var violations: [ConformanceViolation] = []
        for scenario in Self.scenarios {
            violations += await run(scenario, transport: transport).violations
        }
        return violations + (await checkCancellation(transport: transport))
    }

    /// Runs one scenario.
    public func run(_ scenario: Scenario, transport: any HTTPTransport) async -> Report {
        guard let host = scenario.host else {
            return Report(
                scenario: scenario,
                outcome: .connection,
                detail: "",
                duration: .zero,
                violations: [ConformanceViolation(check: scenario.name, detail: "no policy host has this name")]
            )
        }
        let start = ContinuousClock.now
        let result: Result<HTTPResponse, any Error>
        do {
            result = .success(try await transport.fetch(PolicyRequest(host: host, deadline: scenario.deadline)))
        } catch {
            result = .failure(error)
        }
        return judge(scenario, result, duration: ContinuousClock.now - start)
    }

    /// Cancels a fetch from a server that never answers, which must end it at once with `CancellationError`.
    public func checkCancellation(transport: any HTTPTransport) async -> [ConformanceViolation] {
        guard let scenario = Self.scenarios.first(where: { $0.name == "no-answer" }), let host = scenario.host else {
            return [ConformanceViolation(check: "cancellation", detail: "there is no scenario without an answer")]
        }
        let start = ContinuousClock.now
        let fetch = Task { try await transport.fetch(PolicyRequest(host: host, deadline: .seconds(20))) }
        fetch.cancel()
        let result = await fetch.result
        let duration = ContinuousClock.now - start
        var violations: [ConformanceViolation] = []
        if Self.outcome(of: result) != .cancelled {
            violations.append(ConformanceViolation(check: "cancellation", detail: "\(result) instead of an error"))
        }
        if duration > .seconds(2) {
            violations.append(ConformanceViolation(check: "cancellation", detail: "it took \(duration)"))
        }
        return violations
    }

    private func judge(
        _ scenario: Scenario,
        _ result: Result<HTTPResponse, any Error>,
        duration: Duration
    ) -> Report {
        let outcome = Self.outcome(of: result)
        let detail =
            switch result {
            case .success(let response):
                "\(response.status) \(response.contentType ?? "no type"), \(response.body.count) octets"
            case .failure(let error): "\(error)"
            }
        var faults: [String] = []
        if !scenario.allowed.contains(outcome) {
            faults.append("expected \(scenario.allowed[0].rawValue), got \(outcome.rawValue): \(detail)")
        } else if case .success(let response) = result, let expected = scenario.response {
            faults += Self.differences(response, expected)
        }
        if duration > scenario.within { faults.append("it took \(duration), more than \(scenario.within)") }
        return Report(
            scenario: scenario,
            outcome: outcome,
            detail: detail,
            duration: duration,
            violations: faults.map { ConformanceViolation(check: scenario.name, detail: $0) }
        )
    }

    private static func outcome(of result: Result<HTTPResponse, any Error>) -> Outcome {
        switch result {
        case .success: .response
        case .failure(let error as HTTPFailure):
            switch error {
            case .certificate: .certificate
            case .connection: .connection
            case .tooLarge: .tooLarge
            case .incomplete: .incomplete
            case .deadline: .deadline
            case .overloaded: .overloaded
            }
        case .failure(is CancellationError): .cancelled
        case .failure: .connection
        }
    }

    private static func differences(_ response: HTTPResponse, _ expected: Response) -> [String] {
        var faults: [String] = []
        if response.status != expected.status {
            faults.append("status \(response.status) instead of \(expected.status)")
        }
        let mediaType = response.contentType?.prefix { $0 != ";" }.lowercased()
        if mediaType != expected.mediaType {
            faults.append("media type \(mediaType ?? "none") instead of \(expected.mediaType ?? "none")")
        }
        if response.contentEncoding != expected.contentEncoding {
            faults.append("content encoding \(response.contentEncoding ?? "none")")
        }
        if let count = expected.bodyCount, response.body.count != count {
            faults.append("a body of \(response.body.count) octets instead of \(count)")
        }
        return faults
    }
}
