// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
public import MTASTS
public import NIOCore
import NIOSSL
import Synchronization

/// Fetches policy files and posts reports with async-http-client.
///
/// A policy file is asked for about once a day, so each exchange has a client of its own that lives no longer than the
/// exchange: nothing is pooled or kept idle. The addresses of the host are looked up first, and the
/// `ConnectionGate` judges each one before a connection to it is opened. After the handshake the names of the
/// certificate are checked once more, since the TLS stack takes common names and partial wildcards that RFC 9525
/// section 6.3 refuses. A host with an underscore in its name always fails, since NIOSSL matches no such name.
///
/// async-http-client does not hand out the certificate of a handshake that has failed, so that of the faults of a
/// certificate only a wrong name is told apart; the reason of all others is `CERTIFICATE_VERIFY_FAILED`.
///
/// A fetch that is cancelled during the TLS handshake returns at once, but its socket stays open until
/// ``Options/connectTimeout``: async-http-client cannot give up a handshake. In all other states it is closed at once.
///
/// Call ``shutdown()`` to stop; an event loop group that was handed in stays the caller's.
public final class AsyncHTTPClientTransport: HTTPTransport, HTTPReportTransport {
    /// The certificates that a server's chain must lead to.
    public enum TrustRoots: Hashable, Sendable {
        /// The system's.
        case system
        /// Those in files in PEM format, and no others.
        case pemFiles([String])
    }

    /// What can be chosen.
    public struct Options: Sendable {
        /// The certificates that a server's chain must lead to.
        public var trustRoots = TrustRoots.system

        /// The value of the header field User-Agent of policy fetches.
        public var userAgent = "swift-mta-sts (MTA-STS policy fetch, RFC 8461)"

        /// The value of the header field User-Agent of reports.
        public var reportUserAgent = "swift-mta-sts (TLS report, RFC 8460)"

        /// Whether a report is posted although the server's certificate is not right, as RFC 8460 section 3 allows.
        ///
        /// Whoever is between us and the server can then read the report and keep it from the domain. It names our mail
        /// servers and what failed, no messages and no recipients. Policy fetches are not touched by this.
        public var acceptsAnyReportCertificate = false

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
        try await perform(HTTPSRequest(request))
    }

    /// The status of the server's answer. See ``HTTPReportTransport/post(_:)``.
    ///
    /// The port is that of the URL unless ``Options/endpoints`` names the host. The exchange ends with the answer's
    /// header; a body is not read.
    public func post(_ post: ReportPost) async throws -> Int {
        let request = try HTTPSRequest(post, acceptsAnyCertificate: options.acceptsAnyReportCertificate)
        do {
            return try await perform(request).status
        } catch let failure as HTTPFailure {
            throw failure.ofReport
        }
    }

    /// Runs an exchange and ends it at the deadline.
    private func perform(_ request: HTTPSRequest) async throws -> HTTPResponse {
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

    /// Tries the host's addresses in turn until one of them takes the request.
    private func exchange(_ request: HTTPSRequest, until end: ContinuousClock.Instant) async throws -> HTTPResponse {
        let place = Place(of: request, by: options.endpoints)
        let addresses = place.addresses.isEmpty ? try await lookups.addresses(of: place.name) : place.addresses
        if request.isReport, !addresses.isEmpty, !addresses.contains(where: options.gate.allows) {
            throw ReportTransportFailure.permanent(reason: "\(request.hostText) has no public address")
        }
        var failure = HTTPFailure.connection(reason: "\(request.hostText) has no address")
        for (index, address) in addresses.enumerated() {
            let exchange = Exchange(
                request: request,
                address: address,
                port: place.port,
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
                await clients.close(client, ticket: ticket) { gate.connectionClosed(to: address) }
            }
        }
        guard ticket != nil else {
            throw Exchange.Failure(failure: .connection(reason: "the transport is shut down"), mayTryNextAddress: false)
        }
        let userAgent = exchange.request.isReport ? options.reportUserAgent : options.userAgent
        return try await exchange.run(client, userAgent: userAgent)
    }

    /// The limit for one address, so that those after it get their share of the time left.
    private func connectTimeout(until end: ContinuousClock.Instant, addressesLeft: Int) -> Duration {
        let left = ContinuousClock.now.duration(to: end)
        // Of the last address the deadline decides, and says so: two limits that end together would be a toss-up.
        let share = addressesLeft > 1 ? left / addressesLeft : left + .milliseconds(250)
        return max(.milliseconds(1), min(options.connectTimeout, share))
    }
}

/// Where to connect for a request.
private struct Place {
    /// Empty if the name is to be looked up.
    let addresses: [IPAddress]
    let name: String
    let port: UInt16

    init(of request: HTTPSRequest, by endpoints: EndpointOverride) {
        switch request.host {
        case .address(let address):
            addresses = [address]
            name = ""
            port = request.port
        case .name(let host):
            let endpoint = endpoints.endpoint(for: host)
            addresses = endpoint?.addresses ?? []
            name = endpoint?.host ?? host.description
            port = endpoint?.port ?? request.port
        }
    }
}
#endif
