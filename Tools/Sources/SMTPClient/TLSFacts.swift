// SPDX-License-Identifier: Apache-2.0

import MTASTS
import NIOSSL

/// What was seen of a TLS handshake.
struct TLSFacts: Sendable {
    /// Why there is no session; nil if there is one.
    let failure: String?

    /// Whether the version is one that RFC 8996 leaves.
    let isVersionCurrent: Bool

    /// The certificate, as far as it was shown.
    let certificate: PeerCertificate?

    /// Reads off the TLS handler, on its event loop.
    init(_ tls: NIOSSLClientHandler?, failure: String? = nil) {
        self.failure = failure
        isVersionCurrent = tls?.tlsVersion.map { $0 == .tlsv12 || $0 == .tlsv13 } ?? false
        certificate = tls?.peerCertificate.map { PeerCertificate($0) }
    }

    /// BoringSSL says this, whatever is wrong with the chain.
    private static let verifyFailure = "CERTIFICATE_VERIFY_FAILED"

    /// What this means under a policy.
    ///
    /// - Parameters:
    ///   - name: The name that the certificate must hold, if it was to be verified.
    ///   - now: The time, for the dates.
    func observation(verifying name: DomainName?, now: UnixTime) -> TLSObservation {
        if let failure {
            guard failure.contains(Self.verifyFailure) else { return .handshakeFailed(reason: failure) }
            let chain = CertificateStatus.notTrusted(reason: Self.verifyFailure)
            guard let name, let certificate else { return .established(chain) }
            return .established(.examine(leaf: certificate.der, host: name, at: now, chain: chain))
        }
        guard isVersionCurrent else { return .establishedBelowTLS12 }
        guard let name else { return .established(.notVerified(reason: "encryption is all that was asked for")) }
        guard let certificate else { return .established(.notVerified(reason: "there is no certificate")) }
        return .established(.examine(leaf: certificate.der, host: name, at: now))
    }

    /// An error as a text of bounded length, without BoringSSL's source locations.
    static func text(_ error: any Error) -> String {
        let whole = "\(error)"
        let end = whole.firstRange(of: " at /")?.lowerBound ?? whole.endIndex
        return String(whole[..<end].prefix(200))
    }
}
