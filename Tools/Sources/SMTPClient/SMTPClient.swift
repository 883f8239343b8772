// SPDX-License-Identifier: Apache-2.0

import MTASTS
public import NIOCore
public import NIOPosix
public import NIOSSL

/// Opens SMTP sessions (RFC 5321), with TLS by STARTTLS (RFC 3207).
public struct SMTPClient: Sendable {
    /// How sessions are held.
    public struct Configuration: Sendable {
        /// The client's name in EHLO: a domain name, or an address in brackets (RFC 5321 section 4.1.4).
        public var name: String

        /// The certificates that certificates of servers must lead to.
        public var trustRoots: NIOSSLTrustRoots

        /// How long each step may take.
        public var timeouts: SMTPTimeouts

        /// The event loops of the connections; they stay the caller's.
        public var group: any EventLoopGroup

        /// A configuration.
        public init(
            name: String,
            trustRoots: NIOSSLTrustRoots = .default,
            timeouts: SMTPTimeouts = SMTPTimeouts(),
            group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
        ) {
            self.name = name
            self.trustRoots = trustRoots
            self.timeouts = timeouts
            self.group = group
        }
    }

    let configuration: Configuration
    /// Verifies the chain; the name is checked on the certificate itself.
    let verifying: NIOSSLContext
    /// Takes any certificate.
    let unverifying: NIOSSLContext

    /// A client.
    ///
    /// - Throws: ``SMTPError/invalid(reason:)`` if the name cannot stand in EHLO, ``SMTPError/noTLS(reason:)`` if the
    ///   trust roots cannot be used.
    public init(_ configuration: Configuration) throws(SMTPError) {
        let name = configuration.name.utf8
        guard (1...255).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid(reason: "the client's own name")
        }
        self.configuration = configuration
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = configuration.trustRoots
        tls.certificateVerification = .noHostnameVerification
        var any = TLSConfiguration.makeClientConfiguration()
        any.trustRoots = .certificates([])
        any.certificateVerification = .none
        any.minimumTLSVersion = .tlsv1
        do {
            verifying = try NIOSSLContext(configuration: tls)
            unverifying = try NIOSSLContext(configuration: any)
        } catch {
            throw .noTLS(reason: "the trust roots cannot be used: \(TLSFacts.text(error))")
        }
    }

    /// Connects, waits for the greeting and says EHLO.
    ///
    /// - Parameters:
    ///   - host: A name or an address to connect to. Which name a certificate must hold is said at
    ///     ``SMTPSession/startTLS(_:)`` and has nothing to do with it.
    ///   - port: The TCP port; 25 between mail servers, 587 for submission.
    /// - Throws: ``SMTPError``. The connection is closed then.
    public func connect(to host: String, port: Int = 25) async throws(SMTPError) -> SMTPSession {
        let timeouts = configuration.timeouts
        let bootstrap = ClientBootstrap(group: configuration.group.any())
            .connectTimeout(TimeAmount(timeouts.connect))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
        guard !Task.isCancelled else { throw .cancelled }
        let connection: Connection
        do {
            connection = try await bootstrap.connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let closer = SocketCloser()
                    let handler = ReplyHandler(closer: closer)
                    try channel.pipeline.syncOperations.addHandlers([closer, handler])
                    handler.awaitGreeting(
                        within: TimeAmount(timeouts.greeting),
                        total: TimeAmount(timeouts.total),
                        on: channel.eventLoop
                    )
                    return Connection(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
                }
            }
        } catch {
            throw .connectionFailed(reason: TLSFacts.text(error))
        }
        let session = SMTPSession(client: self, channel: connection.channel, handler: connection.handler)
        try await session.begin()
        return session
    }
}

/// A connection and the client's end of it.
private struct Connection: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<ReplyHandler>
}

/// How long the steps of a session may take. RFC 5321 section 4.5.3.2 asks for patience; a server that needs longer
/// than that is given up.
public struct SMTPTimeouts: Hashable, Sendable {
    /// The TCP connection.
    public var connect: Duration

    /// The greeting.
    public var greeting: Duration

    /// A command, up to the end of its reply.
    public var command: Duration

    /// STARTTLS together with the handshake.
    public var handshake: Duration

    /// A block of the message, until the connection has taken it.
    public var block: Duration

    /// The reply to the message.
    public var message: Duration

    /// The session from its beginning to its end, whatever happens.
    public var total: Duration

    /// The minimum times that RFC 5321 asks for, within 30 minutes in all.
    public init(
        connect: Duration = .seconds(30),
        greeting: Duration = .seconds(300),
        command: Duration = .seconds(300),
        handshake: Duration = .seconds(60),
        block: Duration = .seconds(180),
        message: Duration = .seconds(600),
        total: Duration = .seconds(1_800)
    ) {
        self.connect = connect
        self.greeting = greeting
        self.command = command
        self.handshake = handshake
        self.block = block
        self.message = message
        self.total = total
    }

    /// The same time for each step, and another in all.
    public init(each step: Duration, total: Duration) {
        self.init(
            connect: step,
            greeting: step,
            command: step,
            handshake: step,
            block: step,
            message: step,
            total: total
        )
    }
}

extension TimeAmount {
    /// A duration in whole nanoseconds; what is longer than a year counts as a year, what is negative as nothing.
    init(_ duration: Duration) {
        let bounded = min(max(duration, .zero), .seconds(31_536_000))
        let parts = bounded.components
        self = .nanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
