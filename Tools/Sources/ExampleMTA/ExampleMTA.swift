// SPDX-License-Identifier: Apache-2.0

public import MTASTS
public import MTASTSSystemDNS
public import SMTPClient

/// The sending half of a mail server, as small as one that keeps to MTA-STS can be: an example to read and to begin
/// from. It holds no queue; whoever does calls ``attempt(_:)`` for each mail whose time has come.
public struct ExampleMTA: Sendable {
    /// How mail is sent.
    public struct Configuration: Sendable {
        /// The server's own name.
        public var name: DomainName

        /// The TCP port of MX hosts.
        public var port = 25

        /// How long mail is kept before it is returned (RFC 5321 section 4.5.4.1: four to five days).
        public var lifetime = Duration.seconds(5 * 86_400)

        /// Tells the time.
        public var clock: any WallClock = SystemWallClock()

        /// A configuration.
        public init(name: DomainName) { self.name = name }
    }

    let configuration: Configuration
    let resolver: PolicyResolver
    let dns: SystemDNS
    let smtp: SMTPClient
    let counter: SessionCounter

    /// A mail server's sending half.
    ///
    /// - Parameters:
    ///   - configuration: How mail is sent.
    ///   - resolver: Finds policies. Its `run()` belongs beside this.
    ///   - dns: Finds MX hosts and their addresses.
    ///   - smtp: Opens sessions.
    ///   - counter: Counts sessions for TLS reports.
    public init(
        _ configuration: Configuration,
        resolver: PolicyResolver,
        dns: SystemDNS,
        smtp: SMTPClient,
        counter: SessionCounter
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.dns = dns
        self.smtp = smtp
        self.counter = counter
    }

    /// Tries to deliver a mail.
    ///
    /// - Throws: `CancellationError` if the task is cancelled; nothing else.
    public func attempt(_ mail: QueuedMail) async throws -> DeliveryAttempt {
        let hosts: [DomainName]
        do {
            switch try await dns.mxHosts(of: mail.domain, ownName: configuration.name) {
            case .hosts(let found): hosts = found
            case .nowhere(let status, let reason):
                return DeliveryAttempt(result: .returned, status: status, reason: reason, hosts: [])
            }
        } catch let failure as DNSFailure {
            return isOverdue(mail)
                ? DeliveryAttempt(result: .returned, status: "5.4.3", reason: "\(failure)", hosts: [])
                : DeliveryAttempt(result: .deferred, status: "4.4.3", reason: "\(failure)", hosts: [])
        }
        return try await attempt(mail, at: hosts)
    }

    private func attempt(_ mail: QueuedMail, at hosts: [DomainName]) async throws -> DeliveryAttempt {
        let stage: QueueStage = isOverdue(mail) ? .lifetimeOver : .retriesLeft
        var resolution = try await resolver.resolve(.domain(mail.domain))
        var walk = try await walk(hosts, with: mail, under: resolution)
        var earlier: [DeliveryAttempt.Host] = []
        var conclusion = resolution.afterWalk(walk.map(\.outcome), stage: stage)
        guard conclusion == .recheckFirst else { return DeliveryAttempt(conclusion, walk) }

        // A policy stood in the way, and the mail is about to be returned: is there a newer one? (RFC 8461 section 5.1)
        switch try await resolver.recheckBeforeFailing(resolution) {
        case .unchanged:
            break
        case .notChecked:
            return DeliveryAttempt(.deferred, walk)
        case .changed(let newer):
            resolution = newer
            earlier = walk
            walk = try await self.walk(hosts, with: mail, under: newer)
            conclusion = newer.afterWalk(walk.map(\.outcome), stage: stage)
        }
        if conclusion == .recheckFirst {
            conclusion = resolution.afterWalk(walk.map(\.outcome), stage: .lifetimeOverAndRechecked)
        }
        return DeliveryAttempt(conclusion, walk, after: earlier)
    }

    /// Tries the MX hosts in their order, until one takes the mail or refuses it for good.
    private func walk(
        _ hosts: [DomainName],
        with mail: QueuedMail,
        under resolution: PolicyResolution
    ) async throws -> [DeliveryAttempt.Host] {
        var sessions = counter.walk(resolution)
        var tried: [DeliveryAttempt.Host] = []
        for host in hosts {
            let delivery = HostDelivery(mta: self, mail: mail, host: host, resolution: resolution)
            let (outcome, detail) = try await delivery.run(&sessions)
            tried.append(DeliveryAttempt.Host(name: host, outcome: outcome, detail: detail))
            if outcome == .delivered || outcome == .permanentFailure { break }
        }
        return tried
    }

    private func isOverdue(_ mail: QueuedMail) -> Bool {
        configuration.clock.now.seconds(since: mail.arrivedAt) >= configuration.lifetime.components.seconds
    }
}
