// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
public import MTASTS
public import NIOSSL

extension TLSObservation {
    /// What an error of NIOSSL means, for a mail server that speaks TLS by swift-nio-ssl.
    ///
    /// BoringSSL says of a chain no more than that it is not valid. The server's own certificate tells more, and it can
    /// still be had when the handshake has failed: in `errorCaught` of a handler behind the `NIOSSLClientHandler`,
    /// from its property `peerCertificate`.
    ///
    /// ```swift
    /// func errorCaught(context: ChannelHandlerContext, error: any Error) {
    ///     let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
    ///     observed = TLSObservation(nioSSLError: error, certificate: tls?.peerCertificate, host: mx, at: clock.now)
    ///     context.close(promise: nil)
    /// }
    /// ```
    ///
    /// With full verification a session whose certificate is refused does not come about. The observation is
    /// `established` with a fault all the same, since that is what RFC 8460 counts: if the decision is to proceed,
    /// connect anew without verification.
    ///
    /// A connection that breaks once the session stands (`NIOSSLError.uncleanShutdown`) is `connectionFailed`, no
    /// matter of policy.
    ///
    /// - Parameters:
    ///   - error: What came from the pipeline, or from a write or a connection attempt that waited for the handshake.
    ///   - certificate: The server's certificate, if there is one.
    ///   - host: The name of the MX host.
    ///   - now: The present moment, for the certificate's dates.
    public init(
        nioSSLError error: any Error,
        certificate: NIOSSLCertificate? = nil,
        host: DomainName,
        at now: UnixTime
    ) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            self = .connectionFailed
        case NIOSSLError.noCertificateToValidate:
            self = .established(.notVerified(reason: "no-certificate"))
        case let error as NIOSSLExtraError where FailureReason.isNameError(error):
            self = .established(Self.status(.hostMismatch, certificate, host, now))
        case _ where BoringSSLReason.isCertificateFailure(error):
            let chain = CertificateStatus.notTrusted(reason: BoringSSLReason.verifyFailed)
            self = .established(Self.status(chain, certificate, host, now))
        case NIOSSLError.handshakeFailed(.sslError(let stack)) where stack.contains(.eofDuringHandshake):
            self = .handshakeFailed(reason: "EOF_DURING_HANDSHAKE")
        default:
            self = .handshakeFailed(reason: BoringSSLReason.text(of: error))
        }
    }

    private static func status(
        _ chain: CertificateStatus,
        _ certificate: NIOSSLCertificate?,
        _ host: DomainName,
        _ now: UnixTime
    ) -> CertificateStatus {
        guard let der = try? certificate?.toDERBytes() else { return chain }
        return .examine(leaf: der, host: host, at: now, chain: chain)
    }
}
#endif
