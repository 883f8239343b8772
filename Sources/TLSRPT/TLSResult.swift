// SPDX-License-Identifier: Apache-2.0

/// The result of a session as a TLS report names it (RFC 8460 section 4.3).
///
/// The IANA registry "SMTP TLSRPT Result Types" may grow, so that any text is a value.
public struct TLSResultType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name as it stands in a report.
    public let rawValue: String

    /// A result type by its name in a report.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name as it stands in a report.
    public var description: String { rawValue }

    /// The MX host did not offer STARTTLS (RFC 8460 section 4.3.1).
    public static let startTLSNotSupported = TLSResultType(rawValue: "starttls-not-supported")
    /// The certificate does not name the MX host (section 4.3.1).
    public static let certificateHostMismatch = TLSResultType(rawValue: "certificate-host-mismatch")
    /// The certificate has expired (section 4.3.1).
    public static let certificateExpired = TLSResultType(rawValue: "certificate-expired")
    /// The certificate is not trusted; a failure reason tells more (section 4.3.1).
    public static let certificateNotTrusted = TLSResultType(rawValue: "certificate-not-trusted")
    /// Any other failure, with a failure reason (section 4.3.3).
    public static let validationFailure = TLSResultType(rawValue: "validation-failure")
    /// The TLSA records are not valid (section 4.3.2.1).
    public static let tlsaInvalid = TLSResultType(rawValue: "tlsa-invalid")
    /// No valid records came back from the resolver (section 4.3.2.1).
    public static let dnssecInvalid = TLSResultType(rawValue: "dnssec-invalid")
    /// The sender requires DANE and there are no TLSA records (section 4.3.2.1).
    public static let daneRequired = TLSResultType(rawValue: "dane-required")
    /// The policy could not be retrieved (section 4.3.2.2).
    public static let stsPolicyFetchError = TLSResultType(rawValue: "sts-policy-fetch-error")
    /// The policy retrieved could not be validated (section 4.3.2.2).
    public static let stsPolicyInvalid = TLSResultType(rawValue: "sts-policy-invalid")
    /// The policy host's certificate could not be authenticated (section 4.3.2.2).
    public static let stsWebPKIInvalid = TLSResultType(rawValue: "sts-webpki-invalid")
}

/// The kind of policy that a session was held under (RFC 8460 section 4.4, "policy-type").
public struct TLSPolicyType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name as it stands in a report.
    public let rawValue: String

    /// A policy type by its name in a report.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name as it stands in a report.
    public var description: String { rawValue }

    /// A DANE policy: TLSA records.
    public static let tlsa = TLSPolicyType(rawValue: "tlsa")
    /// An MTA-STS policy in mode testing or enforce.
    public static let sts = TLSPolicyType(rawValue: "sts")
    /// Neither a DANE nor an MTA-STS policy.
    public static let noPolicyFound = TLSPolicyType(rawValue: "no-policy-found")
}

/// What one session adds to one policy's entry of a TLS report: one success, or one failure of a type.
public struct TLSFinding: Hashable, Sendable {
    /// A success or a failure.
    public enum Result: Hashable, Sendable {
        /// The session kept the policy (RFC 8460 section 4.2).
        case success
        /// The session failed; `reason` is the "failure-reason-code" of section 4.4, for people.
        case failure(TLSResultType, reason: String?)
    }

    /// The kind of policy whose entry counts this session.
    public let policyType: TLSPolicyType

    /// What is counted.
    public let result: Result

    /// A finding for the entry of `policyType`.
    public init(policyType: TLSPolicyType, result: Result) {
        self.policyType = policyType
        self.result = result
    }

    /// The result type of a failure, nil for a success.
    public var resultType: TLSResultType? {
        if case .failure(let type, _) = result { type } else { nil }
    }
}
