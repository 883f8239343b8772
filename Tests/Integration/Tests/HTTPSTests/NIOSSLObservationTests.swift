// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSAsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import RequirementTrait
import Testing

extension HTTPSTests {
    /// What a mail server that speaks TLS by swift-nio-ssl sees of real servers, with NIOSSL's own verification.
    struct NIOSSLObservationTests {
        struct Row: Sendable, CustomTestStringConvertible {
            let name: String
            let expected: TLSObservation
            let result: TLSResultType?
            /// What may be seen instead: a server that breaks off may be noticed before its last words.
            var instead: TLSObservation?
            var newestVersion = TLSVersion.tlsv13

            var testDescription: String { "\(name), up to \(newestVersion)" }
        }

        static let rows = [
            Row(name: "enforce", expected: .established(.valid), result: nil),
            Row(name: "expired", expected: .established(.expired), result: .certificateExpired),
            Row(name: "not-yet-valid", expected: .established(.notYetValid), result: .certificateNotTrusted),
            Row(name: "self-signed", expected: untrusted, result: .certificateNotTrusted),
            Row(name: "unknown-ca", expected: untrusted, result: .certificateNotTrusted),
            Row(name: "wrong-name", expected: .established(.hostMismatch), result: .certificateHostMismatch),
            Row(
                name: "tls-1-1",
                expected: .handshakeFailed(reason: "EOF_DURING_HANDSHAKE"),
                result: .validationFailure
            ),
            Row(
                name: "not-tls",
                expected: .handshakeFailed(reason: "WRONG_VERSION_NUMBER"),
                result: .validationFailure,
                instead: .handshakeFailed(reason: "EOF_DURING_HANDSHAKE")
            ),
            Row(name: "reset", expected: .handshakeFailed(reason: "CONNECTION_RESET"), result: .validationFailure),
            Row(
                name: "enforce",
                expected: .handshakeFailed(reason: "TLSV1_ALERT_PROTOCOL_VERSION"),
                result: .validationFailure,
                newestVersion: .tlsv11
            ),
        ]

        private static let untrusted = TLSObservation.established(.notTrusted(reason: "CERTIFICATE_VERIFY_FAILED"))

        @Test(.proves("R-MX-08", "R-MX-11", "R-RES-02", "R-RES-03", "R-RES-04", "R-RES-05"), arguments: rows)
        func realServer(row: Row) async throws {
            let world = try HTTPSWorld()
            let observation = try await observe(try #require(world.hosts[row.name]), upTo: row.newestVersion, in: world)
            #expect(observation == row.expected || observation == row.instead)
            let decision = DecisionTable.decision(
                policy: .policy(.testing),
                nameMatches: true,
                tls: observation,
                dane: .notApplicable
            )
            #expect(decision.findings.map(\.resultType) == [row.result])
            if case .failure(let type, let reason) = decision.findings.first?.result,
                [.certificateNotTrusted, .validationFailure].contains(type)
            {
                #expect(reason?.isEmpty == false)
            }
        }

        @Test func errorsWithoutServer() throws {
            let host = try #require(DomainName("mx.example.com"))
            struct Odd: Error, CustomStringConvertible {
                let description = "odd\r\nX: y\u{7}\u{85} " + String(repeating: "\u{E9}", count: 10_000)
            }
            let rows: [(any Error, TLSObservation)] = [
                (NIOSSLError.uncleanShutdown, .connectionFailed),
                (NIOSSLError.noCertificateToValidate, .established(.notVerified(reason: "no-certificate"))),
                (NIOSSLExtraError.failedToValidateHostname, .established(.hostMismatch)),
                (NIOSSLExtraError.serverHostnameImpossibleToMatch, .established(.hostMismatch)),
                (
                    NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])),
                    .handshakeFailed(reason: "EOF_DURING_HANDSHAKE")
                ),
                (
                    NIOSSLError.handshakeFailed(.zeroReturn),
                    .handshakeFailed(reason: "handshakeFailed(NIOSSL.BoringSSLError.zeroReturn)")
                ),
                (BoringSSLError.zeroReturn, .handshakeFailed(reason: "zeroReturn")),
                (ChannelError.inputClosed, .handshakeFailed(reason: "Input closed")),
                (IOError(errnoCode: ECONNRESET, reason: "read"), .handshakeFailed(reason: "CONNECTION_RESET")),
            ]
            let now = UnixTime(secondsSinceEpoch: 0)
            for (error, expected) in rows {
                #expect(TLSObservation(nioSSLError: error, host: host, at: now) == expected, "\(error)")
            }
            guard case .handshakeFailed(let reason) = TLSObservation(nioSSLError: Odd(), host: host, at: now) else {
                Issue.record("no failed handshake")
                return
            }
            #expect(reason.hasPrefix("odd  X: y   \u{E9}") && reason.unicodeScalars.count <= 200)
        }

        private func observe(
            _ host: HTTPSWorld.Host,
            upTo version: TLSVersion,
            in world: HTTPSWorld
        ) async throws -> TLSObservation {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.minimumTLSVersion = version == .tlsv11 ? .tlsv11 : .tlsv12
            tls.maximumTLSVersion = version
            tls.trustRoots = .file(world.trustRoot)
            let context = try NIOSSLContext(configuration: tls)
            let group = MultiThreadedEventLoopGroup.singleton
            let promise = group.any().makePromise(of: TLSObservation.self)
            let name = host.policyHost
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: name.description)
                        try channel.pipeline.syncOperations.addHandler(handler)
                        try channel.pipeline.syncOperations.addHandler(Observer(host: name, promise: promise))
                    }
                }
                .connect(host: host.addresses[0].description, port: Int(world.port)).get()
            let timer = channel.eventLoop.scheduleTask(in: .seconds(5)) {
                promise.fail(ChannelError.connectTimeout(.seconds(5)))
            }
            defer {
                timer.cancel()
                channel.close(promise: nil)
            }
            return try await promise.futureResult.get()
        }
    }
}

/// Waits for the end of a handshake, good or bad, as the documentation of `TLSObservation.init` tells.
private final class Observer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let host: DomainName
    private let promise: EventLoopPromise<TLSObservation>

    init(host: DomainName, promise: EventLoopPromise<TLSObservation>) {
        self.host = host
        self.promise = promise
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { promise.succeed(.established(.valid)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        promise.succeed(
            TLSObservation(
                nioSSLError: error,
                certificate: tls?.peerCertificate,
                host: host,
                at: SystemWallClock().now
            )
        )
        context.close(promise: nil)
    }
}
