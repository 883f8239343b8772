// SPDX-License-Identifier: Apache-2.0

import MTASTS
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#endif

/// Looks at the certificate that a server shows, trusted or not. It sends nothing over the connection and breaks the
/// handshake off as soon as the certificate is there.
struct CertificateProbe: Sendable {
    /// How long the connection may take, and how long the handshake.
    let patience: TimeAmount

    /// The names kept of a certificate with very many.
    private static let maximumNames = 1_000

    /// The certificate of a server.
    ///
    /// - Throws: Any error if there is no connection or no certificate.
    func certificate(of host: DomainName, at address: IPAddress, port: Int) async throws -> CertificateFacts {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates([])  // none are needed, and the system's take long to read
        let context = try NIOSSLContext(configuration: configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let answer = loop.makePromise(of: CertificateFacts.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: host.description,
                        customVerificationCallback: { certificates, verdict in
                            if let first = certificates.first {
                                answer.succeed(Self.facts(first, chainLength: certificates.count))
                            }
                            verdict.succeed(.failed)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let place = try SocketAddress(ipAddress: address.description, port: port)
            let channel = try await bootstrap.connect(to: place).get()
            let timer = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in
                timer.cancel()
                answer.fail(HTTPFailure.connection(reason: "closed before a certificate came"))
            }
            let facts = try await answer.futureResult.get()
            channel.close(promise: nil)
            return facts
        } catch {
            answer.fail(error)
            throw error
        }
    }

    private static func facts(_ certificate: NIOSSLCertificate, chainLength: Int) -> CertificateFacts {
        var names: [String] = []
        for name in certificate._subjectAlternativeNames() where name.nameType == .dnsName {
            guard names.count < maximumNames else { break }
            names.append(name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
        return CertificateFacts(
            notBefore: UnixTime(secondsSinceEpoch: Int64(certificate.notValidBefore)),
            notAfter: UnixTime(secondsSinceEpoch: Int64(certificate.notValidAfter)),
            dnsIDs: names,
            chainLength: chainLength
        )
    }
}
