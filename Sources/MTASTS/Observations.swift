// SPDX-License-Identifier: Apache-2.0

/// What a sender saw of TLS on one connection to an MX host.
public enum TLSObservation: Hashable, Sendable {
    /// There was no connection yet: asks what to do before connecting.
    case notAttempted
    /// No SMTP session came about: refused, timed out, no address, greeting 4xx. No matter of policy.
    case connectionFailed
    /// STARTTLS was not offered, or the command was refused; `reason` is the reply, if there was one.
    case startTLSNotOffered(reason: String? = nil)
    /// The handshake failed; `reason` names the alert, for reports.
    case handshakeFailed(reason: String)
    /// The session came about with a version below TLS 1.2, which RFC 8461 section 7.2 with RFC 8996 rules out.
    case establishedBelowTLS12
    /// The session came about with TLS 1.2 or later.
    case established(CertificateStatus)

    var isEstablished: Bool {
        switch self {
        case .established, .establishedBelowTLS12: true
        case .notAttempted, .connectionFailed, .startTLSNotOffered, .handshakeFailed: false
        }
    }
}

/// What the check of an MX host's certificate came to (RFC 8461 section 4.2).
///
/// The chain ends at a trusted root, the dates hold, and a DNS-ID names the MX host
/// (`DomainName.matchesPresentedIdentifier(_:)`). Of several faults the first of this list is told.
public enum CertificateStatus: Hashable, Sendable {
    /// All checks passed.
    case valid
    /// The certificate has expired.
    case expired
    /// The certificate is not valid yet.
    case notYetValid
    /// The chain is not trusted: unknown root, self-signed, broken, constrained, revoked or weak.
    case notTrusted(reason: String)
    /// No DNS-ID names the MX host, or there is none; the common name does not count.
    case hostMismatch
    /// The certificate was not checked, or the check itself failed. Counts as a failure, never as success.
    case notVerified(reason: String)
}

/// What DANE (RFC 7672) has to say about one MX host.
public enum DANEState: Hashable, Sendable {
    /// DANE does not apply: an insecure answer on the way, or securely no TLSA records.
    case notApplicable
    /// There are secure, usable TLSA records; nothing was compared yet.
    case usable
    /// A usable TLSA record matches the certificate chain.
    case matched
    /// No usable TLSA record matches.
    case mismatched(DANEMismatch)
    /// There are secure TLSA records and none is usable: TLS is mandatory, unauthenticated (RFC 7671 section 10.3).
    case allUnusable
    /// The look-up failed in a secure zone: the host must not be used (RFC 7672 section 2.1).
    case lookupFailed
    /// The operator requires DANE for this host and there are no secure TLSA records.
    case requiredButAbsent
}

/// Why no usable TLSA record matches.
public enum DANEMismatch: Hashable, Sendable {
    /// A trust anchor matches and the certificate names another host.
    case hostMismatch
    /// The chain does not lead to a matching trust anchor.
    case notTrusted(reason: String)
    /// Anything else, such as a certificate whose hash is in no record.
    case other(reason: String)
}
