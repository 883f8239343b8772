// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
import MTASTS
import NIOCore
import NIOHTTP1
import NIOSSL

/// One request to one address of a server.
struct Exchange: Sendable {
    /// Why an exchange failed, and whether another address may do better.
    struct Failure: Error {
        let failure: HTTPFailure
        let mayTryNextAddress: Bool
    }

    /// The most octets of all header sections, and of what else is not body, that are read.
    static let headerLimit = 65_536

    let request: HTTPSRequest
    let address: IPAddress
    let port: UInt16
    let end: ContinuousClock.Instant
    let connectTimeout: Duration
    private let progress = Progress()

    init(
        request: HTTPSRequest,
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
        tls.certificateVerification = request.verifiesCertificate ? .fullVerification : .none
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
        if case .name(let name) = request.host { configuration.dnsOverride = [name.description: address.description] }
        configuration.http1_1ConnectionDebugInitializer = { [request, progress] channel in
            channel.eventLoop.submit {
                do {
                    try Self.prepare(channel, for: request, progress)
                } catch {
                    channel.close(promise: nil)
                    throw error
                }
            }
        }
        return configuration
    }

    /// Checks the certificate's names and limits what is read, before the request is sent.
    private static func prepare(_ channel: any Channel, for request: HTTPSRequest, _ progress: Progress) throws {
        let pipeline = channel.pipeline.syncOperations
        let tls = try pipeline.handler(type: NIOSSLClientHandler.self)
        if request.verifiesCertificate {
            guard let certificate = tls.peerCertificate,
                request.isIdentified(byCertificate: try certificate.toDERBytes())
            else { throw FailureReason.hostMismatch }
        }
        // Read little at a time: a hundred servers may flood us at once.
        try channel.syncOptions?.setOption(
            ChannelOptions.recvAllocator,
            value: FixedSizeRecvByteBufferAllocator(capacity: 4_096)
        )
        // A chunk of one octet takes six.
        let limit = headerLimit + 8 * min(request.bodyLimit ?? 0, .max / 16)
        try pipeline.addHandler(OctetLimiter(limit: limit), position: .after(tls))
        let closer = SocketCloser()
        try pipeline.addHandler(closer, position: .first)
        progress.connected(NIOLoopBound(closer, eventLoop: channel.eventLoop))
    }

    /// Sends the request and reads the answer to its end, or its header alone if its body is not wanted.
    func run(_ client: HTTPClient, userAgent: String) async throws(Failure) -> HTTPResponse {
        var message = HTTPClientRequest(url: "https://\(request.hostText):\(port)\(request.path)")
        message.headers = ["Host": request.hostField, "User-Agent": userAgent]
        for field in request.fields { message.headers.add(name: field.name, value: field.value) }
        if let body = request.body {
            message.method = .POST
            message.body = .bytes(body)
        }
        do {
            let left = ContinuousClock.now.duration(to: end)
            let response = try await client.execute(message, deadline: .now() + TimeAmount(left))
            progress.answered()
            let body = try await body(of: response)
            if request.bodyLimit == nil { _ = progress.closeSocket() }
            return HTTPResponse(
                status: Int(response.status.code),
                contentType: response.headers.joined("content-type"),
                contentEncoding: response.headers.joined("content-encoding"),
                body: body
            )
        } catch {
            let stage = progress.closeSocket()
            throw Failure(
                failure: FailureReason.failure(for: error, stage: stage, request: request),
                mayTryNextAddress: stage == .connecting && !FailureReason.isCertificateFailure(error)
            )
        }
    }

    private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
        guard let limit = request.bodyLimit else { return [] }
        var body: [UInt8] = []
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }) {
            guard length <= limit else { throw HTTPFailure.tooLarge(limit: limit) }
            body.reserveCapacity(max(0, length))
        }
        for try await part in response.body {
            let count = body.count + part.readableBytes
            guard count <= limit else { throw HTTPFailure.tooLarge(limit: limit) }
            // An array would grow to twice what is allowed.
            if body.capacity < count {
                // Most policies are short; a long one gets its room at once, or outgrown buffers would pile up.
                body.reserveCapacity(min(limit, count <= 4_096 ? 4_096 : max(65_536, 2 * body.capacity)))
            }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
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
