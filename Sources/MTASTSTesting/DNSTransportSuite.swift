// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// Tests the promises of `DNSTransport` on any transport, against a real DNS server.
///
/// Serve ``zoneFile`` as the zone ``origin``, let the transport under test ask a server that resolves it, and expect
/// no violation:
///
/// ```swift
/// let suite = try DNSTransportSuite(origin: "dns-suite.example")
/// #expect(await suite.run(transport) == [])
/// ```
///
/// That SERVFAIL is a failure, and that a server which never answers holds nobody, needs more than a zone: give names
/// for them, or these checks are left out.
public struct DNSTransportSuite: Sendable {
    /// One name of the zone and what a transport has to make of it.
    public struct Check: Sendable {
        /// The check's name; it stays the same between releases.
        public let name: String

        /// The name to ask for.
        public let query: DomainName

        /// The outcome.
        public let expectation: Expectation

        /// The longest time that the answer may be kept, in seconds.
        public let timeToLive: Int
    }

    /// What a look-up has to give.
    public enum Expectation: Sendable {
        /// These records, in any order.
        case records([TXTRecord])
        /// The answer that the name does not exist.
        case noSuchName
        /// The answer that the name has no TXT records.
        case noData
        /// An error.
        case failure
    }

    /// The zone's name.
    public let origin: DomainName

    /// A name for which the server answers SERVFAIL, nil to leave the check out.
    public let failingName: DomainName?

    /// A name for which the server never answers, nil to leave the checks out.
    public let silentName: DomainName?

    /// How long any look-up may take, with all of its tries.
    public let timeLimit: Duration

    /// How soon a cancelled look-up has to end.
    public let cancellationLimit: Duration

    /// The checks that the zone alone allows.
    public let checks: [Check]

    /// A suite for a zone.
    ///
    /// - Parameters:
    ///   - origin: The zone's name, of at most 200 octets.
    ///   - failingName: A name for which the server answers SERVFAIL.
    ///   - silentName: A name for which the server never answers.
    ///   - timeLimit: How long any look-up may take, with all of its tries.
    ///   - cancellationLimit: How soon a cancelled look-up has to end.
    /// - Throws: `DomainName.ParseError` if `origin` is no domain name or too long.
    public init(
        origin: String,
        failingName: DomainName? = nil,
        silentName: DomainName? = nil,
        timeLimit: Duration = .seconds(30),
        cancellationLimit: Duration = .seconds(1)
    ) throws(DomainName.ParseError) {
        let zone = try DomainName(parsing: origin)
        self.origin = zone
        self.failingName = failingName
        self.silentName = silentName
        self.timeLimit = timeLimit
        self.cancellationLimit = cancellationLimit
        var checks: [Check] = []
        for entry in Self.entries {
            guard let expectation = entry.expectation else { continue }
            checks.append(
                Check(
                    name: entry.check,
                    query: try DomainName(parsing: "\(entry.query).\(zone)"),
                    expectation: expectation,
                    timeToLive: entry.timeToLive
                )
            )
        }
        self.checks = checks
    }

    /// Runs all checks; gives what the transport got wrong, nothing if it keeps its promises.
    public func run(_ transport: any DNSTransport) async -> [ConformanceViolation] {
        var violations: [ConformanceViolation] = []
        for check in checks {
            let outcome = await look(up: check.query, transport)
            violations +=
                outcome.violation(of: check).map { [ConformanceViolation(check: check.name, detail: $0)] } ?? []
        }
        violations += await checkParallelLookUps(transport)
        if let failingName {
            let outcome = await look(up: failingName, transport)
            if !outcome.isFailure { violations.append(.init(check: "server-failure", detail: outcome.unexpected)) }
        }
        if let silentName {
            let outcome = await look(up: silentName, transport)
            if !outcome.isFailure { violations.append(.init(check: "no-answer", detail: outcome.unexpected)) }
            violations += await checkCancellation(transport, silentName)
        }
        return violations
    }

    /// Many look-ups of different names at once must not be mixed up.
    private func checkParallelLookUps(_ transport: any DNSTransport) async -> [ConformanceViolation] {
        let small = checks.filter { ["single", "strings", "several", "alias", "absent"].contains($0.name) }
        let details = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<50 {
                for check in small {
                    group.addTask { await look(up: check.query, transport).violation(of: check) }
                }
            }
            var details: [String] = []
            for await detail in group { if let detail { details.append(detail) } }
            return details
        }
        guard let first = details.first else { return [] }
        return [ConformanceViolation(check: "parallel", detail: "\(details.count) wrong, such as: \(first)")]
    }

    /// A look-up that waits for an answer, and one whose task was cancelled before, end soon by `CancellationError`.
    private func checkCancellation(_ transport: any DNSTransport, _ name: DomainName) async -> [ConformanceViolation] {
        var violations: [ConformanceViolation] = []
        for (check, delay) in [("cancelled-before", Duration.zero), ("cancelled-while-waiting", .milliseconds(200))] {
            let outcome = await Outcome.within(cancellationLimit + delay) {
                let task = Task {
                    while delay == .zero, !Task.isCancelled { await Task.yield() }
                    return try await transport.txtRecords(at: name)
                }
                try? await Task.sleep(for: delay)
                task.cancel()
                return try await task.value
            }
            if case .cancelled = outcome { continue }
            violations.append(ConformanceViolation(check: check, detail: outcome.unexpected))
        }
        return violations
    }

    private func look(up name: DomainName, _ transport: any DNSTransport) async -> Outcome {
        await Outcome.within(timeLimit) { try await transport.txtRecords(at: name) }
    }
}

/// What became of a look-up.
private enum Outcome: Sendable {
    case answer(DNSAnswer<TXTRecord>)
    case failure(String)
    case cancelled
    case endless(Duration)

    var isFailure: Bool { if case .failure = self { true } else { false } }

    /// The outcome in words, for one that was not expected.
    var unexpected: String {
        switch self {
        case .answer(let answer): "unexpected answer: \(Self.describe(answer.content))"
        case .failure(let text): "unexpected error: \(text)"
        case .cancelled: "unexpected CancellationError"
        case .endless(let limit): "no end within \(limit)"
        }
    }

    /// The outcome of `lookUp`, which is left behind if it does not end in time: a suite must not hang because a
    /// transport does.
    static func within(
        _ limit: Duration,
        _ lookUp: @escaping @Sendable () async throws -> DNSAnswer<TXTRecord>
    ) async -> Outcome {
        let (outcomes, source) = AsyncStream.makeStream(of: Outcome.self)
        let work = Task {
            do {
                source.yield(.answer(try await lookUp()))
            } catch is CancellationError {
                source.yield(.cancelled)
            } catch {
                source.yield(.failure("\(error)"))
            }
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            source.yield(.endless(limit))
        }
        defer {
            work.cancel()
            timer.cancel()
        }
        for await outcome in outcomes { return outcome }
        return .cancelled
    }

    /// What is wrong with the outcome as that of a check, nil if nothing is.
    func violation(of check: DNSTransportSuite.Check) -> String? {
        if case .failure = check.expectation { return isFailure ? nil : unexpected }
        guard case .answer(let answer) = self else { return unexpected }
        switch (check.expectation, answer.content) {
        case (.records(let expected), .records(let seen)):
            if Self.count(expected) != Self.count(seen) {
                return "expected \(Self.describe(.records(expected))), got \(Self.describe(.records(seen)))"
            }
        case (.noSuchName, .noSuchName), (.noData, .noData): break
        default: return unexpected
        }
        if let timeToLive = answer.timeToLive, timeToLive < .zero || timeToLive > .seconds(check.timeToLive) {
            return "time to live \(timeToLive), expected at most \(check.timeToLive) seconds"
        }
        return nil
    }

    private static func count(_ records: [TXTRecord]) -> [TXTRecord: Int] {
        records.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    private static func describe(_ content: DNSAnswer<TXTRecord>.Content) -> String {
        switch content {
        case .noSuchName: return "no such name"
        case .noData: return "no data"
        case .records(let records):
            let first = records.first.map { $0.strings.map { String(decoding: $0.prefix(40), as: UTF8.self) } }
            return "\(records.count) records, the first with the strings \(first ?? [])"
        }
    }
}
