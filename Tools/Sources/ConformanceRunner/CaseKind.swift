// SPDX-License-Identifier: Apache-2.0

/// What a case came to: a verdict, and the other members that an expectation may name; one left out is null.
typealias CaseOutcome = [String: JSONValue]

/// The kinds of cases.
enum CaseKind: String, CaseIterable, Sendable {
    case record
    case policy
    case policyWrite = "policy-write"
    case mxMatch = "mx-match"
    case certMatch = "cert-match"
    case evaluate
    case fetch
    case cache
    case tlsrptRecord = "tlsrpt-record"
    case tlsrptReport = "tlsrpt-report"
    case socketmap

    /// Whether the library does not have what the kind is about: cases are counted, not run.
    var isSkipped: Bool {
        switch self {
        case .socketmap: true
        default: false
        }
    }

    /// Whether there is a strict mode that can come to something else than the default.
    var hasStrictMode: Bool { self == .policy || self == .mxMatch || self == .tlsrptReport }

    /// The verdicts that the kind knows.
    var verdicts: Set<String> {
        switch self {
        case .record, .policy, .policyWrite, .fetch, .tlsrptRecord, .tlsrptReport: ["accept", "reject"]
        case .mxMatch: ["match", "no-match"]
        case .certMatch: ["pass", "fail"]
        case .evaluate: ["deliver", "defer"]
        case .cache: ["use-cached", "use-fetched", "no-policy"]
        case .socketmap: []
        }
    }

    /// The members of an expectation that are compared, besides the verdict.
    var expectations: Set<String> {
        switch self {
        case .record: ["id", "extensions"]
        case .policy: ["mode", "max_age", "mx", "extensions"]
        case .certMatch, .fetch: ["result_type"]
        case .evaluate: ["via", "policy_type", "results"]
        case .cache: ["fetches", "report", "alert"]
        case .tlsrptRecord: ["rua", "unusable_rua", "extensions"]
        case .tlsrptReport: ["sessions", "policy_type", "result_type", "start", "end"]
        case .policyWrite, .mxMatch, .socketmap: []
        }
    }

    /// Runs the library on the input of a case.
    ///
    /// - Parameters:
    ///   - input: The member `input` of the case.
    ///   - isStrict: Whether the strict mode is meant, where there is one.
    /// - Throws: `CaseFault` if the input is not of the format; `CancellationError`.
    func outcome(of input: JSONValue, isStrict: Bool) async throws -> CaseOutcome {
        switch self {
        case .record: try TextCases.record(input)
        case .policy: try TextCases.policy(input, isStrict: isStrict)
        case .policyWrite: try TextCases.policyWrite(input)
        case .mxMatch: try TextCases.mxMatch(input, isStrict: isStrict)
        case .certMatch: try await CertificateCase(input).outcome()
        case .evaluate: try await WalkCase(input).outcome()
        case .fetch: try await FetchCase(input).outcome()
        case .cache: try await CacheCase(input).outcome()
        case .tlsrptRecord: try TextCases.tlsrptRecord(input)
        case .tlsrptReport: try TextCases.tlsrptReport(input, isStrict: isStrict)
        case .socketmap: [:]
        }
    }
}
