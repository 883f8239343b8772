// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import Testing

@testable import MTASTS

struct CertificateStatusTests {
    private static let host = "mx.example.com"

    @Test(
        .proves("R-MX-11", "R-MX-12"),
        arguments: [
            (0, CertificateStatus.valid), (9, .notYetValid), (10, .expired), (62, .hostMismatch), (64, .hostMismatch),
            (1, .notVerified(reason: "X509_V_ERR_UNSPECIFIED")), (17, .notVerified(reason: "X509_V_ERR_OUT_OF_MEM")),
            (69, .notVerified(reason: "X509_V_ERR_INVALID_CALL")),
            (70, .notVerified(reason: "X509_V_ERR_STORE_LOOKUP")),
            (2, .notTrusted(reason: "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT")),
            (18, .notTrusted(reason: "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT")),
            (19, .notTrusted(reason: "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN")),
            (20, .notTrusted(reason: "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY")),
            (21, .notTrusted(reason: "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE")),
            (23, .notTrusted(reason: "X509_V_ERR_CERT_REVOKED")),
            (26, .notTrusted(reason: "X509_V_ERR_INVALID_PURPOSE")),
            (25, .notTrusted(reason: "X509_V_ERR_PATH_LENGTH_EXCEEDED")),
            (27, .notTrusted(reason: "X509_V_ERR_CERT_UNTRUSTED")),
            (28, .notTrusted(reason: "X509_V_ERR_CERT_REJECTED")),
            (38, .notTrusted(reason: "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED")),
            (47, .notTrusted(reason: "X509_V_ERR_PERMITTED_VIOLATION")),
            (48, .notTrusted(reason: "X509_V_ERR_EXCLUDED_VIOLATION")),
            (66, .notTrusted(reason: "X509_V_ERR_EE_KEY_TOO_SMALL")),
            (67, .notTrusted(reason: "X509_V_ERR_CA_KEY_TOO_SMALL")),
            (68, .notTrusted(reason: "X509_V_ERR_CA_MD_TOO_WEAK")), (79, .notTrusted(reason: "X509_V_ERR_INVALID_CA")),
            (94, .notTrusted(reason: "X509_V_ERR_EC_KEY_EXPLICIT_PARAMS")), (95, .notTrusted(reason: "X509_V_ERR_95")),
            (-1, .notTrusted(reason: "X509_V_ERR_-1")), (.min, .notTrusted(reason: "X509_V_ERR_\(Int.min)")),
            (.max, .notTrusted(reason: "X509_V_ERR_\(Int.max)")),
        ]
    )
    func openSSLNumbers(number: Int, expected: CertificateStatus) {
        #expect(CertificateStatus(openSSLVerifyResult: number) == expected)
    }

    /// Whatever is wrong, a report tells why (R-JSON-21).
    @Test(.proves("R-JSON-21"), arguments: 1...100)
    func everyFaultHasAReason(number: Int) throws {
        let status = CertificateStatus(openSSLVerifyResult: number)
        #expect(status.reasonCode?.hasPrefix("X509_V_ERR_") == true)
        let decision = DecisionTable.decision(
            policy: .policy(.enforce),
            nameMatches: true,
            tls: .established(status),
            dane: .notApplicable
        )
        guard case .failure(let type, let reason) = try #require(decision.findings.first).result else {
            Issue.record("no failure")
            return
        }
        #expect(reason != nil || [.certificateExpired, .certificateHostMismatch].contains(type))
    }

    @Test(
        .proves("R-MX-11", "R-RES-03"),
        arguments: [
            ("260101000000Z", "270101000000Z", "2026-06-01", CertificateStatus.valid),
            ("260101000000Z", "270101000000Z", "2027-01-01", .valid),
            ("260101000000Z", "270101000000Z", "2027-01-02", .expired),
            ("260101000000Z", "270101000000Z", "2025-12-31", .notYetValid),
            ("260101000000Z", "99991231235959Z", "2400-02-29", .valid),
            ("991231235959Z", "000101000000Z", "2000-01-02", .expired),
            ("500101000000Z", "491231235959Z", "2049-12-31", .valid),
        ]
    )
    func datesOfTheLeaf(start: String, end: String, day: String, expected: CertificateStatus) throws {
        let host = try #require(DomainName(Self.host))
        let der = Certificate(notBefore: start, notAfter: end, names: [Self.host]).der
        let now = try #require(Certificate.midnight(day))
        #expect(CertificateStatus.examine(leaf: der, host: host, at: now) == expected)
    }

    @Test func secondsCount() throws {
        let der = Certificate(notBefore: "20260101000000Z", notAfter: "20260301123456Z", names: []).der
        let validity = try #require(CertificateValidity(ofDER: der))
        #expect(validity.notBefore == UnixTime(secondsSinceEpoch: 1_767_225_600))
        #expect(validity.notAfter == UnixTime(secondsSinceEpoch: 1_772_368_496))
    }

    /// Of several faults the first in the order of the cases is told.
    @Test(
        .proves("R-MX-08", "R-MX-11"),
        arguments: [
            (true, false, CertificateStatus.valid, CertificateStatus.expired),
            (true, true, .notTrusted(reason: "r"), .expired),
            (false, true, .notTrusted(reason: "r"), .notTrusted(reason: "r")),
            (false, true, .valid, .hostMismatch),
            (false, true, .notVerified(reason: "r"), .hostMismatch),
            (false, false, .notVerified(reason: "r"), .notVerified(reason: "r")),
            (false, false, .expired, .expired),
            (false, false, .hostMismatch, .hostMismatch),
            (true, true, .notYetValid, .expired),
            (false, false, .valid, .valid),
        ]
    )
    func severalFaults(
        isExpired: Bool,
        namesOther: Bool,
        chain: CertificateStatus,
        expected: CertificateStatus
    ) throws {
        let der = Certificate(
            notBefore: "20200101000000Z",
            notAfter: isExpired ? "20210101000000Z" : "20300101000000Z",
            names: [namesOther ? "other.example.com" : Self.host]
        ).der
        let now = try #require(Certificate.midnight("2026-06-01"))
        let host = try #require(DomainName(Self.host))
        #expect(CertificateStatus.examine(leaf: der, host: host, at: now, chain: chain) == expected)
    }

    @Test(arguments: [
        ("2601010000Z", "270101000000Z"), ("260101000000", "270101000000Z"), ("260101000000+0100", "270101000000Z"),
        ("261301000000Z", "270101000000Z"), ("260100000000Z", "270101000000Z"), ("260101240000Z", "270101000000Z"),
        ("Z", "270101000000Z"), ("", "270101000000Z"), ("26010100000aZ", "270101000000Z"),
    ])
    func unreadableDates(start: String, end: String) throws {
        let der = Certificate(notBefore: start, notAfter: end, names: [Self.host]).der
        let host = try #require(DomainName(Self.host))
        let now = UnixTime(secondsSinceEpoch: 1_790_000_000)
        let expected = CertificateStatus.notVerified(reason: "unreadable-certificate")
        #expect(CertificateStatus.examine(leaf: der, host: host, at: now) == expected)
        let chain = CertificateStatus.notTrusted(reason: "r")
        #expect(CertificateStatus.examine(leaf: der, host: host, at: now, chain: chain) == chain)
    }

    @Test func damageNeverTraps() throws {
        let der = Certificate(notBefore: "260101000000Z", notAfter: "20270101000000Z", names: [Self.host]).der
        let host = try #require(DomainName(Self.host))
        for count in der.indices { #expect(CertificateValidity(ofDER: Array(der[..<count])) == nil) }
        for index in der.indices {
            for value in UInt8.min ... .max {
                var damaged = der
                damaged[index] = value
                _ = CertificateStatus.examine(leaf: damaged, host: host, at: UnixTime(secondsSinceEpoch: 0))
            }
        }
    }

    @Test func peopleReadWords() {
        #expect(
            "\(HTTPFailure.certificate(reason: "X509_V_ERR_CERT_HAS_EXPIRED"))"
                == "certificate of the policy host: it has expired (X509_V_ERR_CERT_HAS_EXPIRED)"
        )
        #expect("\(HTTPFailure.certificate(reason: "odd"))" == "certificate of the policy host: odd")
    }
}

/// The skeleton of a certificate (RFC 5280 section 4.1).
private struct Certificate {
    let der: [UInt8]

    init(notBefore: String, notAfter: String, names: [String]) {
        let list = Self.element(0x30, names.flatMap { Self.element(0x82, Array($0.utf8)) })
        let subjectAltName = Self.element(0x30, Self.element(0x06, [0x55, 0x1D, 0x11]) + Self.element(0x04, list))
        let version = Self.element(0xA0, Self.element(0x02, [2]))
        let validity = Self.element(0x30, Self.time(notBefore) + Self.time(notAfter))
        let empty = Self.element(0x30, [])
        let signed = Self.element(
            0x30,
            version + Self.element(0x02, [1]) + empty + empty + validity + empty
                + Self.element(0xA3, Self.element(0x30, subjectAltName))
        )
        der = Self.element(0x30, signed + Self.element(0x03, [0]))
    }

    /// A year of four digits makes a GeneralizedTime.
    private static func time(_ text: String) -> [UInt8] {
        element(text.utf8.count < 15 ? 0x17 : 0x18, Array(text.utf8))
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 128 { return [tag, UInt8(content.count)] + content }
        return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    /// The first second of a day, counted day by day.
    static func midnight(_ date: String) -> UnixTime? {
        let parts = date.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        var days = (1970..<parts[0]).reduce(0) { $0 + (isLeap($1) ? 366 : 365) }
        let months = [31, isLeap(parts[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        days += months[..<(parts[1] - 1)].reduce(0, +) + parts[2] - 1
        return UnixTime(secondsSinceEpoch: Int64(days) * 86_400)
    }
}
