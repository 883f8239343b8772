// SPDX-License-Identifier: Apache-2.0

public import TLSRPT

/// What a sender must do with one MX host.
public struct DeliveryDecision: Hashable, Sendable {
    /// What to do.
    public enum Action: Hashable, Sendable {
        /// Connect, or go on with the session, and hold it to the requirement.
        case proceed(TLSRequirement)
        /// Connect anew and deliver without TLS: no policy forbids it, and TLS failed.
        case reconnectWithoutTLS
        /// Use the next MX host, as if this one could not be reached. Send QUIT, never MAIL (RFC 8461 section 5).
        case skip(SkipReason)
    }

    /// Why an MX host is not used.
    public enum SkipReason: String, Hashable, Sendable {
        /// The policy enforces, and no pattern matches the host: do not even connect (RFC 8461 section 4.1).
        case policyNameMismatch
        /// The policy enforces, and the session failed its checks (RFC 8461 section 4.2).
        case policyTLSFailure
        /// DANE failed; MTA-STS never overrides that (RFC 8461 section 2). If an enforcing policy failed as well, its
        /// reason is told instead, since a new policy is to be looked for before the message is returned (section 5).
        case daneFailure
        /// There was no SMTP session; no policy is to blame.
        case connectionFailed

        /// Whether an MTA-STS policy is the cause.
        public var isPolicyFailure: Bool { self == .policyNameMismatch || self == .policyTLSFailure }
    }

    /// What to do.
    public let action: Action

    /// What TLSRPT counts of this attempt; each policy type at most once. It is empty while the attempt goes on.
    public let findings: [TLSFinding]
}

/// What a TLS session to an MX host must be.
public enum TLSRequirement: String, Hashable, Sendable {
    /// TLS if possible, unauthenticated, otherwise the clear.
    case opportunistic
    /// TLS, unauthenticated.
    case encrypted
    /// TLS authenticated by DANE (RFC 7672).
    case dane
    /// TLS 1.2 or later, authenticated by the web's trust roots for the MX host's name (RFC 8461 section 4.2).
    case webPKI
    /// Both ``dane`` and ``webPKI``.
    case daneAndWebPKI
}

/// Choices of the sender that bear on a decision.
public struct DecisionOptions: Hashable, Sendable {
    /// Whether a DANE match lifts an enforcing MTA-STS policy. RFC 8461 section 5 has no such exemption: off by default.
    public var daneSuffices: Bool

    /// Whether the message says `TLS-Required: No` (RFC 8689 section 5), or is a TLS report itself (RFC 8460 section
    /// 3): policies are then evaluated for reports alone. The sessions of a TLS report are not counted: see
    /// ``TLSRPT/SessionCounter/walk(_:carriesTLSReport:tellsBaseDomains:at:)``.
    public var tlsRequiredNo: Bool

    /// Choices; those of the RFC by default.
    public init(daneSuffices: Bool = false, tlsRequiredNo: Bool = false) {
        self.daneSuffices = daneSuffices
        self.tlsRequiredNo = tlsRequiredNo
    }
}
