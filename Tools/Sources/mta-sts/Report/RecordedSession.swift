// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSFoundation

/// One session of a recording: a line of JSON, whose members are named as in reports (RFC 8460 section 4.4).
///
/// | member | |
/// |---|---|
/// | `time` | when, in the years 1970 to 9999: RFC 3339, or seconds since 1970 |
/// | `domain` | the domain of the next hop, which gets the report |
/// | `policy-type` | `sts`, `tlsa` or `no-policy-found` |
/// | `policy-string` | the policy's lines, or a TLSA record each; may be left out |
/// | `policy-domain` | may be left out if it is `domain`; for `tlsa` the TLSA base domain |
/// | `result-type` | what failed; left out or null for a success |
/// | `failure-reason-code`, `receiving-mx-hostname`, `receiving-mx-helo`, `receiving-ip`, `sending-mta-ip`, `additional-information` | more about a failure; each may be left out |
struct RecordedSession: Sendable {
    /// Why a line is no session.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let moment: UnixTime
    let domain: DomainName
    let policy: SessionPolicy
    let mxHosts: [String]
    let result: TLSFinding.Result
    let peer: SessionPeer

    private enum Time: Decodable {
        case seconds(Int64)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let seconds = try? container.decode(Int64.self) {
                self = .seconds(seconds)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var moment: UnixTime? {
            switch self {
            case .seconds(let seconds): UnixTime(secondsSinceEpoch: seconds)
            case .text(let text): UnixTime(rfc3339: text)
            }
        }
    }

    /// The moments that a report (RFC 3339) and its file name (RFC 8460 section 5.1) can tell.
    private static let years = UnixTime(secondsSinceEpoch: 0)...UnixTime(secondsSinceEpoch: 253_402_300_799)

    private struct Line: Decodable {
        let time: Time
        let domain: String
        let policyType: String
        let policyString: [String]?
        let policyDomain: String?
        let resultType: String?
        let failureReasonCode: String?
        let receivingMXHostname: String?
        let receivingMXHelo: String?
        let receivingIP: String?
        let sendingMTAIP: String?
        let additionalInformation: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case time, domain
            case policyType = "policy-type"
            case policyString = "policy-string"
            case policyDomain = "policy-domain"
            case resultType = "result-type"
            case failureReasonCode = "failure-reason-code"
            case receivingMXHostname = "receiving-mx-hostname"
            case receivingMXHelo = "receiving-mx-helo"
            case receivingIP = "receiving-ip"
            case sendingMTAIP = "sending-mta-ip"
            case additionalInformation = "additional-information"
        }
    }

    /// Reads a line.
    init(_ octets: [UInt8]) throws(Fault) {
        let line: Line
        do {
            line = try JSONDecoder().decode(Line.self, from: Data(octets))
        } catch let error as DecodingError {
            throw Fault(description: Self.text(error))
        } catch {
            throw Fault(description: "no JSON object")
        }
        guard let moment = line.time.moment else { throw Fault(description: "time is neither RFC 3339 nor a number") }
        guard Self.years.contains(moment) else { throw Fault(description: "time is not in the years 1970 to 9999") }
        self.moment = moment
        domain = try Self.name(line.domain, "domain")
        let policyDomain = try line.policyDomain.map { text throws(Fault) in try Self.name(text, "policy-domain") }
        let type = TLSPolicyType(rawValue: line.policyType)
        let lines = line.policyString ?? []
        switch type {
        case .sts:
            let text = lines.joined(separator: "\n")
            let parsed = try? STSPolicy(parsing: text)
            policy = SessionPolicy(
                type: .sts,
                domain: policyDomain ?? domain,
                text: Array(text.utf8),
                isValid: parsed != nil || text.isEmpty
            )
            mxHosts = parsed?.mx.map(\.description) ?? []
        case .tlsa:
            guard let policyDomain else { throw Fault(description: "policy-domain is missing, the TLSA base domain") }
            policy = .tlsa(baseDomain: policyDomain, records: lines)
            mxHosts = []
        case .noPolicyFound:
            policy = .noPolicyFound(policyDomain ?? domain)
            mxHosts = []
        default:
            throw Fault(description: "policy-type is none of sts, tlsa, no-policy-found")
        }
        result =
            line.resultType.map { .failure(TLSResultType(rawValue: $0), reason: line.failureReasonCode) } ?? .success
        peer = SessionPeer(
            mxHost: try line.receivingMXHostname.map { text throws(Fault) in
                try Self.name(text, "receiving-mx-hostname")
            },
            helo: line.receivingMXHelo,
            receivingIP: try line.receivingIP.map { text throws(Fault) in try Self.address(text, "receiving-ip") },
            sendingIP: try line.sendingMTAIP.map { text throws(Fault) in try Self.address(text, "sending-mta-ip") },
            additionalInformation: line.additionalInformation
        )
    }

    private static func name(_ text: String, _ member: String) throws(Fault) -> DomainName {
        guard let name = try? DomainName(convertingULabels: text) else {
            throw Fault(description: "\(member) is no domain name")
        }
        return name
    }

    private static func address(_ text: String, _ member: String) throws(Fault) -> IPAddress {
        guard let address = IPAddress(text) else { throw Fault(description: "\(member) is no IP address") }
        return address
    }

    private static func text(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.first.map { "\($0.stringValue) has a wrong type" } ?? "no JSON object"
        default: "no JSON object"
        }
    }
}
