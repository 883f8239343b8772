// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
import MTASTS
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// One request to one address of a policy host.
struct Exchange: Sendable {
    /// Why an exchange failed, and whether another address may do better.
    struct Failure: Error {
        let failure: HTTPFailure
        let mayTryNextAddress: Bool
    }

    /// The most octets of all header sections, and of what else is not body, that are read.
    static let headerLimit = 65_536

    let request: PolicyRequest
    let address: IPAddress
    let port: UInt16
    let end: ContinuousClock.Instant
    let connectTimeout: Duration
    private let progress = Progress()

    init(
        request: PolicyRequest,
        address: IPAddress,
        port: UInt16,
        end: ContinuousClock.Instant,
        connectTimeout: Duration
    ) {
        self.request = request
        self.address = address
        self.port = port
        self.end = end
        self.connectTimeout = connectTimeout
    }

    /// The settings of the client for this exchange.
    func configuration(trustRoots: NIOSSLTrustRoots) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        tls.trustRoots = trustRoots
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(connectTimeout)),
            decompression: .disabled
        )
        // Otherwise a refused certificate would be tried again until the time-out.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .zero
        configuration.maximumUsesPerConnection = 1
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [request.host.description: address.description]
        configuration.http1_1ConnectionDebugInitializer = { [request, progress] channel in
            channel.eventLoop.submit {
                do {
                    try Self.prepare(channel, for: request)
                    progress.advance(to: .connected)
                } catch {
                    channel.close(promise: nil)
                    throw error
                }
            }
        }
        return configuration
    }

    /// Checks the certificate's names and limits what is read, before the request is sent.
    private static func prepare(_ channel: any Channel, for request: PolicyRequest) throws {
        let pipeline = channel.pipeline.syncOperations
        let tls = try pipeline.handler(type: NIOSSLClientHandler.self)
        guard let certificate = tls.peerCertificate,
            CertificateNames.certificate(try certificate.toDERBytes(), identifies: request.host)
        else {
            throw HTTPFailure.certificate(reason: FailureReason.hostMismatch(request.host))
        }
        // A chunk of one octet takes six.
        let limit = headerLimit + 8 * min(request.bodyLimit, .max / 16)
        try pipeline.addHandler(OctetLimiter(limit: limit), position: .after(tls))
    }

    /// Sends the request and reads the answer to its end.
    func run(_ client: HTTPClient, userAgent: String) async throws(Failure) -> HTTPResponse {
        var message = HTTPClientRequest(url: "https://\(request.host):\(port)\(PolicyRequest.path)")
        message.headers = [
            "Host": request.host.description,
            "User-Agent": userAgent,
            "Accept": "text/plain",
            "Accept-Encoding": "identity",
            "Cache-Control": "no-cache",
            "Connection": "close",
        ]
        do {
            let left = ContinuousClock.now.duration(to: end)
            let response = try await client.execute(message, deadline: .now() + TimeAmount(left))
            progress.advance(to: .answered)
            return HTTPResponse(
                status: Int(response.status.code),
                contentType: response.headers.joined("content-type"),
                contentEncoding: response.headers.joined("content-encoding"),
                body: try await body(of: response)
            )
        } catch {
            let stage = progress.stage
            throw Failure(
                failure: FailureReason.failure(for: error, stage: stage, request: request),
                mayTryNextAddress: stage == .connecting && !FailureReason.isCertificateFailure(error)
            )
        }
    }

    private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
        let limit = request.bodyLimit
        var body: [UInt8] = []
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }) {
            guard length <= limit else { throw HTTPFailure.tooLarge(limit: limit) }
            body.reserveCapacity(max(0, length))
        }
        for try await part in response.body {
            guard part.readableBytes <= limit - body.count else { throw HTTPFailure.tooLarge(limit: limit) }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }
}

/// How far an exchange has come.
final class Progress: Sendable {
    enum Stage: Int {
        /// No TLS session yet.
        case connecting
        /// The TLS session stands, the request may have been sent.
        case connected
        /// The header of the answer is here.
        case answered
    }

    private let current = Mutex(Stage.connecting)

    var stage: Stage { current.withLock { $0 } }

    func advance(to stage: Stage) { current.withLock { $0 = stage } }
}

/// Ends a connection that has brought more octets than any answer we take.
private final class OctetLimiter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var left: Int

    init(limit: Int) { left = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        guard count <= left else {
            left = 0
            context.fireErrorCaught(HTTPFailure.tooLarge(limit: Exchange.headerLimit))
            context.close(promise: nil)
            return
        }
        left -= count
        context.fireChannelRead(data)
    }
}

extension HTTPHeaders {
    /// The values of a field, joined by ", "; nil if there is none.
    fileprivate func joined(_ name: String) -> String? {
        let values = self[name]
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}
#endif
