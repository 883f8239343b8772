// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
public import MTASTS
public import NIOCore
import NIOSSL
import Synchronization

/// Fetches policy files with async-http-client.
///
/// A policy file is asked for about once a day, so each fetch has a client of its own that lives no longer than the
/// exchange: nothing is pooled or kept idle. The addresses of the policy host are looked up first, and the
/// ``ConnectionGate`` judges each one before a connection to it is opened. After the handshake the names of the
/// certificate are checked once more, since the TLS stack takes common names and partial wildcards that RFC 9525
/// section 6.3 refuses. A policy host with an underscore in its name always fails, since NIOSSL matches no such name.
///
/// A fetch that is cancelled during the TLS handshake returns at once, but its socket stays open until
/// ``Options/connectTimeout``: async-http-client cannot give up a handshake. In all other states it is closed at once.
///
/// Call ``shutdown()`` to stop; an event loop group that was handed in stays the caller's.
public final class AsyncHTTPClientTransport: HTTPTransport {
    /// The certificates that a policy host's chain must lead to.
    public enum TrustRoots: Hashable, Sendable {
        /// The system's.
        case system
        /// Those in files in PEM format, and no others.
        case pemFiles([String])
    }

    /// What can be chosen.
    public struct Options: Sendable {
        /// The certificates that a policy host's chain must lead to.
        public var trustRoots = TrustRoots.system

        /// The value of the header field User-Agent.
        public var userAgent = "swift-mta-sts (MTA-STS policy fetch, RFC 8461)"

        /// Which addresses may be connected to, and how often at once.
        public var gate = ConnectionGate()

        /// How long one address may take for the connection and the TLS handshake; then the next one is tried.
        public var connectTimeout = Duration.seconds(10)

        /// Where to connect instead of asking DNS.
        public var endpoints = EndpointOverride()

        /// The event loops to use, nil for the ones that all share by default. They are not shut down.
        public var eventLoopGroup: (any EventLoopGroup)?

        /// The defaults.
        public init() {}
    }

    private let options: Options
    private let trust: Lock<NIOSSLTrustRoots>
    private let clients = ClientRegistry()
    private let lookups = AddressLookup()

    /// A transport.
    ///
    /// - Throws: An error of NIOSSL if a file of ``Options/trustRoots`` cannot be read.
    public init(_ options: Options = Options()) throws {
        self.options = options
        self.trust = Lock(try TrustStore.load(options.trustRoots))
    }

    /// Reads the trust roots again, for later fetches; on an error the old ones stay.
    ///
    /// - Throws: An error of NIOSSL if a file of ``Options/trustRoots`` cannot be read.
    public func reloadTrustRoots() throws {
        let fresh = try TrustStore.load(options.trustRoots)
        trust.withLock { $0 = fresh }
    }

    /// Ends the fetches under way, which fail, and waits until their connections are closed. Later fetches fail.
    public func shutdown() async {
        await clients.shutdown()
    }

    /// The server's answer. See ``HTTPTransport/fetch(_:)``.
    public func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let end = ContinuousClock.now.advanced(by: request.deadline)
        do {
            return try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
                group.addTask { try await self.exchange(request, until: end) }
                group.addTask {
                    try await Task.sleep(until: end, clock: .continuous)
                    throw HTTPFailure.deadline(request.deadline)
                }
                defer { group.cancelAll() }
                guard let response = try await group.next() else { throw CancellationError() }
                return response
            }
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }

    /// Tries the policy host's addresses in turn until one of them takes the request.
    private func exchange(_ request: PolicyRequest, until end: ContinuousClock.Instant) async throws -> HTTPResponse {
        let endpoint = options.endpoints.endpoint(for: request.host)
        var addresses = endpoint?.addresses ?? []
        if addresses.isEmpty {
            addresses = try await lookups.addresses(of: endpoint?.host ?? request.host.description)
        }
        var failure = HTTPFailure.connection(reason: "\(request.host) has no address")
        for (index, address) in addresses.enumerated() {
            let exchange = Exchange(
                request: request,
                address: address,
                port: endpoint?.port ?? 443,
                end: end,
                connectTimeout: connectTimeout(until: end, addressesLeft: addresses.count - index)
            )
            do throws(Exchange.Failure) {
                return try await run(exchange)
            } catch {
                failure = error.failure
                guard error.mayTryNextAddress, !Task.isCancelled else { break }
            }
        }
        throw failure
    }

    /// Runs an exchange in a client of its own; the connection is counted until it is really closed.
    private func run(_ exchange: Exchange) async throws(Exchange.Failure) -> HTTPResponse {
        let gate = options.gate
        let address = exchange.address
        do throws(HTTPFailure) {
            try gate.connectionOpened(to: address)
        } catch {
            throw Exchange.Failure(failure: error, mayTryNextAddress: true)
        }
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(options.eventLoopGroup ?? HTTPClient.defaultEventLoopGroup),
            configuration: exchange.configuration(trustRoots: trust.withLock { $0 })
        )
        let ticket = clients.add(client)
        // Not awaited: a peer that stalls in the handshake must not hold up the caller.
        defer {
            Task {
                await clients.close(client, ticket: ticket)
                gate.connectionClosed(to: address)
            }
        }
        guard ticket != nil else {
            throw Exchange.Failure(failure: .connection(reason: "the transport is shut down"), mayTryNextAddress: false)
        }
        return try await exchange.run(client, userAgent: options.userAgent)
    }

    /// The limit for one address, so that those after it get their share of the time left.
    private func connectTimeout(until end: ContinuousClock.Instant, addressesLeft: Int) -> Duration {
        let left = ContinuousClock.now.duration(to: end)
        return max(.milliseconds(1), min(options.connectTimeout, left / addressesLeft))
    }
}
#endif
