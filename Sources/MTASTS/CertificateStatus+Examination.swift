// SPDX-License-Identifier: Apache-2.0

public import STSCore

extension CertificateStatus {
    /// What the check of a certificate comes to, put together from the certificate itself and from what a TLS stack
    /// says of its chain, so that faults are told apart whatever the TLS stack tells apart.
    ///
    /// Dates are read from the certificate, and the host is matched against its DNS-IDs alone (RFC 9525 section 6.3);
    /// what the TLS stack made of both is not needed. Of several faults the first in the order of the cases is told.
    ///
    /// - Parameters:
    ///   - der: The server's own certificate in DER, not one of an authority.
    ///   - host: The name of the MX host.
    ///   - now: The present moment, for the certificate's dates.
    ///   - chain: What the TLS stack says of the chain. Some say no more than that something is wrong with it: then
    ///     ``notTrusted(reason:)``, which an expired certificate turns into ``expired``.
    public static func examine(
        leaf der: [UInt8],
        host: DomainName,
        at now: UnixTime,
        chain: CertificateStatus = .valid
    ) -> CertificateStatus {
        var faults = [chain]
        if let validity = CertificateValidity(ofDER: der) {
            if now > validity.notAfter { faults.append(.expired) }
            if now < validity.notBefore { faults.append(.notYetValid) }
            if !CertificateNames.certificate(der, identifies: host) { faults.append(.hostMismatch) }
        } else {
            faults.append(.notVerified(reason: "unreadable-certificate"))
        }
        return faults.min { $0.rank < $1.rank } ?? chain
    }

    /// A short and stable text for the "failure-reason-code" of a report (RFC 8460 section 4.4), nil if there is no
    /// fault: OpenSSL's name for it where there is one, such as `X509_V_ERR_CERT_HAS_EXPIRED`.
    public var reasonCode: String? {
        switch self {
        case .valid: nil
        case .expired: "X509_V_ERR_CERT_HAS_EXPIRED"
        case .notYetValid: "X509_V_ERR_CERT_NOT_YET_VALID"
        case .hostMismatch: Self.hostMismatchCode
        case .notTrusted(let reason), .notVerified(let reason): reason
        }
    }

    /// The reason code of ``hostMismatch``.
    package static let hostMismatchCode = "X509_V_ERR_HOSTNAME_MISMATCH"

    /// The place in the order in which faults are told.
    private var rank: Int {
        switch self {
        case .expired: 0
        case .notYetValid: 1
        case .notTrusted: 2
        case .hostMismatch: 3
        case .notVerified: 4
        case .valid: 5
        }
    }

    /// A sentence's end for people, for the reason codes that are seen often; nil for others.
    static func words(for reasonCode: String) -> String? {
        switch reasonCode {
        case "X509_V_ERR_CERT_HAS_EXPIRED": "it has expired"
        case "X509_V_ERR_CERT_NOT_YET_VALID": "it is not yet valid"
        case hostMismatchCode: "none of its DNS-IDs names the host"
        case "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT": "it is signed by itself"
        case "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN": "its chain leads to a root that is not trusted"
        case "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT", "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE":
            "its issuer is not known"
        case "CERTIFICATE_VERIFY_FAILED": "its chain or its dates are not valid, or it leads to no trusted root"
        default: nil
        }
    }
}
