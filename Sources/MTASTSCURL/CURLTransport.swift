// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
public import MTASTS
import Synchronization

/// Fetches policy files and posts reports with the system's libcurl.
///
/// All transfers run on one thread of the transport's own; no caller is blocked. No connection outlives its transfer.
/// The `ConnectionGate` judges each address before a connection to it is opened. After the handshake and before
/// the request, the names of the certificate are checked once more, since libcurl takes a common name where RFC 9525
/// section 6.3 does not.
///
/// libcurl does not tell whether TLS announced the end of a connection. A body that neither Content-Length nor
/// chunks delimit might have been cut, hence it is refused as `HTTPFailure.incomplete(reason:)`.
///
/// The thread ends when the transport is released or ``shutdown()`` is called.
public final class CURLTransport: HTTPTransport, HTTPReportTransport {
    /// The certificates that a server's chain must lead to.
    public enum TrustRoots: Hashable, Sendable {
        /// Those that libcurl was built to use, as a rule the system's.
        case system
        /// Those in files in PEM format, and no others. They are read once and parsed for each fetch, on the one
        /// thread: right for a few authorities of one's own, slow for a copy of the system's hundred and more.
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

        /// How long address look-up, connection and TLS handshake may take; libcurl divides it among the addresses.
        public var connectTimeout = Duration.seconds(20)

        /// Where to connect instead of asking DNS.
        public var endpoints = EndpointOverride()

        /// The defaults.
        public init() {}
    }

    /// Why a transport cannot be made, or its trust roots not be read.
    public struct SetupError: Error, Hashable, Sendable, CustomStringConvertible {
        /// A sentence for people.
        public let description: String
    }

    private let options: Options
    private let trust: Lock<TrustStore>
    private let loop: TransferLoop

    /// A transport.
    ///
    /// - Throws: ``SetupError`` if libcurl cannot be started or a file of ``Options/trustRoots`` cannot be read.
    public init(_ options: Options = Options()) throws {
        self.options = options
        self.trust = Lock(try TrustStore(options.trustRoots))
        self.loop = try TransferLoop(gate: options.gate)
    }

    deinit { loop.stop() }

    /// Reads the trust roots again, for later fetches; on an error the old ones stay.
    ///
    /// - Throws: ``SetupError`` if a file of ``Options/trustRoots`` cannot be read.
    public func reloadTrustRoots() throws {
        let fresh = try TrustStore(options.trustRoots, isReload: true)
        trust.withLock { $0 = fresh }
    }

    /// Ends the fetches under way, which fail, and waits until their connections are closed. Later fetches fail.
    public func shutdown() async {
        loop.stop()
        await loop.waitUntilFinished()
    }

    /// The server's answer. See ``HTTPTransport/fetch(_:)``.
    public func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        try await perform(HTTPSRequest(request), userAgent: options.userAgent)
    }

    /// The status of the server's answer. See ``HTTPReportTransport/post(_:)``.
    ///
    /// The port is that of the URL unless ``Options/endpoints`` names the host. The exchange ends with the answer's
    /// header; a body is not read.
    public func post(_ post: ReportPost) async throws -> Int {
        let request = try HTTPSRequest(post, acceptsAnyCertificate: options.acceptsAnyReportCertificate)
        do {
            return try await perform(request, userAgent: options.reportUserAgent).status
        } catch let failure as HTTPFailure {
            throw failure.ofReport
        }
    }

    private func perform(_ request: HTTPSRequest, userAgent: String) async throws -> HTTPResponse {
        try Task.checkCancellation()
        guard request.deadline > .zero else { throw HTTPFailure.deadline(request.deadline) }
        let id = loop.nextID()
        let loop = self.loop
        var endpoint: EndpointOverride.Endpoint?
        if case .name(let name) = request.host { endpoint = options.endpoints.endpoint(for: name) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.start(
                    TransferLoop.Job(
                        id: id,
                        request: request,
                        endpoint: endpoint,
                        userAgent: userAgent,
                        connectTimeout: options.connectTimeout,
                        trust: trust.withLock { $0 },
                        continuation: continuation
                    )
                )
                // The handler below may have run before the job was there to be cancelled.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
    }
}
#endif
