// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// DNS by the servers that the system is configured for, or by a given one.
///
/// It is a stub: it asks a server that resolves, over UDP and, for what does not fit, over TCP. resolv.conf is read by
/// the C library, anew for each query. A look-up blocks a thread of a bounded pool, never one of Swift's tasks; the
/// threads end when there is nothing to do. With a C library that does not tell its servers (musl) a server must be
/// given.
///
/// The AD bit is asked for and told as the server sends it. Whether to believe it is the caller's decision: the path
/// to the server must be trusted (RFC 4035 section 4.9.3), as it is to a server on the same host.
public final class SystemDNS: DNSTransport {
    /// The server asked, nil for those of the system.
    public let server: Server?

    /// How long one try waits for an answer.
    public let timeout: Duration

    /// How often a server that does not answer is asked.
    public let attempts: Int

    /// The longest that a look-up takes, with waiting for a thread and with all aliases; when it is over, the look-up
    /// fails.
    public let timeLimit: Duration

    let pool: QueryPool

    /// A transport.
    ///
    /// - Parameters:
    ///   - server: The server to ask; nil asks those of resolv.conf, at most three, in order.
    ///   - timeout: How long one try waits for an answer, from 1 millisecond to 1 hour.
    ///   - attempts: How often a server that does not answer is asked, from 1 to 10.
    ///   - maximumConcurrentQueries: The most queries at once, and so the most threads, from 1 to 1,024.
    ///   - maximumQueuedQueries: The most queries that wait for a thread; the next one fails at once.
    public init(
        server: Server? = nil,
        timeout: Duration = .seconds(3),
        attempts: Int = 2,
        maximumConcurrentQueries: Int = 16,
        maximumQueuedQueries: Int = 4096
    ) {
        self.server = server
        self.timeout = min(max(timeout, .milliseconds(1)), .seconds(3600))
        self.attempts = min(max(attempts, 1), 10)
        // One time-out more, for TCP.
        timeLimit = self.timeout * (self.attempts * (server == nil ? 3 : 1) + 1)
        pool = QueryPool(
            maximumThreads: min(max(maximumConcurrentQueries, 1), 1024),
            maximumQueued: min(max(maximumQueuedQueries, 0), 1_000_000)
        )
    }

    /// The TXT records at a name.
    ///
    /// - Throws: ``DNSFailure``; `CancellationError` when cancelled.
    public func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        try await lookUp(name)
    }

    /// The MX records of a domain, by preference.
    ///
    /// - Throws: `DNSFailure`; `CancellationError` when cancelled.
    public func mxRecords(at name: DomainName) async throws -> DNSAnswer<MXRecord> {
        let answer: DNSAnswer<MXRecord> = try await lookUp(name)
        guard case .records(let records) = answer.content else { return answer }
        return DNSAnswer(
            .records(records.sorted { ($0.preference, $0.exchangeText) < ($1.preference, $1.exchangeText) }),
            timeToLive: answer.timeToLive,
            isAuthenticated: answer.isAuthenticated
        )
    }

    /// The addresses of a host: its A and AAAA records, IPv6 first. If one of the two look-ups fails, what the other
    /// found is the answer.
    ///
    /// - Throws: `DNSFailure` if one look-up fails and the other finds nothing; `CancellationError` when cancelled.
    public func addresses(of name: DomainName) async throws -> DNSAnswer<IPAddress> {
        async let ipv6 = outcome(of: IPv6Data.self, name, \.address)
        async let ipv4 = outcome(of: IPv4Data.self, name, \.address)
        let outcomes = await [ipv6, ipv4]
        try Task.checkCancellation()
        let answers = outcomes.compactMap { try? $0.get() }
        let records = answers.flatMap(\.records)
        if records.isEmpty { for outcome in outcomes { _ = try outcome.get() } }
        let content: DNSAnswer<IPAddress>.Content
        if !records.isEmpty {
            content = .records(records)
        } else {
            content = answers.contains { if case .noData = $0.content { true } else { false } } ? .noData : .noSuchName
        }
        // What found nothing does not limit the life of what was found, nor its authenticity.
        let counted = records.isEmpty ? answers : answers.filter { !$0.records.isEmpty }
        let timesToLive = counted.map(\.timeToLive)
        return DNSAnswer(
            content,
            timeToLive: timesToLive.contains(nil) ? nil : timesToLive.compactMap { $0 }.min(),
            isAuthenticated: counted.allSatisfy(\.isAuthenticated)
        )
    }

    private func outcome<Record: ResourceData>(
        of type: Record.Type,
        _ name: DomainName,
        _ address: @Sendable (Record) -> IPAddress
    ) async -> Result<DNSAnswer<IPAddress>, any Error> {
        do {
            let answer: DNSAnswer<Record> = try await lookUp(name)
            let content: DNSAnswer<IPAddress>.Content =
                switch answer.content {
                case .records(let records): .records(records.map(address))
                case .noSuchName: .noSuchName
                case .noData: .noData
                }
            return .success(
                DNSAnswer(content, timeToLive: answer.timeToLive, isAuthenticated: answer.isAuthenticated)
            )
        } catch {
            return .failure(error)
        }
    }

    /// Asks, and asks again where the answer ends in an alias.
    private func lookUp<Record: ResourceData>(_ domain: DomainName) async throws -> DNSAnswer<Record> {
        try Task.checkCancellation()
        let deadline = ContinuousClock.now + timeLimit
        var name = WireName(domain)
        var hops = 0
        var timeToLive: UInt32?
        var isAuthenticated = true
        while true {
            let reply: Reply<Record> = try await ask(name, deadline: deadline)
            hops += reply.hops
            guard hops <= maximumAliasHops else { throw DNSFailure(.aliasLoop, detail: "at \(reply.name.text)") }
            isAuthenticated = isAuthenticated && reply.isAuthenticated
            let content: DNSAnswer<Record>.Content
            switch reply.content {
            case .alias:
                name = reply.name
                timeToLive = [timeToLive, reply.timeToLive].compactMap { $0 }.min()
                continue
            case .records(let records): content = .records(records)
            case .noSuchName: content = .noSuchName
            case .noData: content = .noData
            }
            let seconds = reply.timeToLive.map { min($0, timeToLive ?? $0) }
            return DNSAnswer(
                content,
                timeToLive: seconds.map { .seconds(Int64($0)) },
                isAuthenticated: isAuthenticated
            )
        }
    }

    private func ask<Record: ResourceData>(
        _ name: WireName,
        deadline: ContinuousClock.Instant
    ) async throws -> Reply<Record> {
        let exchange = Exchange(server: server, timeout: timeout, attempts: attempts, deadline: deadline)
        let query = Query(name: name, type: Record.resourceType)
        let octets = try await pool.run { cancelDescriptor in
            guard ContinuousClock.now < deadline else {
                return .failure(DNSFailure(.overloaded, detail: "no thread was free in time"))
            }
            return exchange.run(query, cancelDescriptor: cancelDescriptor)
        }
        return try Reply(reading: octets.span, question: name)
    }
}
