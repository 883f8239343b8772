// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSFoundation

// The report for programs.
extension DomainReport {
    /// The report as one line of JSON.
    var json: String { JSONText.line(JSONForm(self)) }

    private struct JSONForm: Encodable {
        struct Policy: Encodable {
            let mode: String
            let maxAge: Int
            let mx: [String]
        }

        struct Certificate: Encodable {
            let notBefore: Int64
            let notAfter: Int64
            let dnsIDs: [String]
            let chainLength: Int
        }

        struct Host: Encodable {
            let preference: Int
            let name: String
            let pattern: String?
        }

        let input: String
        let domain: String?
        let exitCode: Int32
        let recordID: String?
        let policyHost: String?
        let policyHostAddresses: [String]
        let policy: Policy?
        let certificate: Certificate?
        let mxKind: String?
        let mx: [Host]
        let findings: [CheckFinding]
        let unknown: [String]

        init(_ report: DomainReport) {
            input = report.input
            domain = report.domain?.description
            exitCode = report.exitCode
            if case .record(let record) = report.record.value?.selection {
                recordID = record.id.description
            } else {
                recordID = nil
            }
            policyHost = report.domain?.policyHost?.description
            policyHostAddresses = report.policyHostAddresses.value?.map { "\($0)" } ?? []
            let found = report.policy.value?.policy
            policy = found.map {
                Policy(mode: $0.mode.rawValue, maxAge: $0.maxAge, mx: $0.mx.map(\.description))
            }
            certificate = report.certificate.value.map {
                Certificate(
                    notBefore: $0.notBefore.secondsSinceEpoch,
                    notAfter: $0.notAfter.secondsSinceEpoch,
                    dnsIDs: $0.dnsIDs,
                    chainLength: $0.chainLength
                )
            }
            mxKind = report.mailHosts.value.map(Self.kind)
            mx = report.hosts.map { host in
                let pattern = found?.mx.first { $0.matches(host.name) }
                return Host(preference: host.preference, name: host.name.description, pattern: pattern?.description)
            }
            findings = report.findings
            unknown = report.unknowns
        }

        private static func kind(_ hosts: MailHosts) -> String {
            switch hosts {
            case .records: "records"
            case .implicit: "implicit"
            case .null: "null"
            case .none: "none"
            case .noSuchDomain: "no-such-domain"
            }
        }
    }
}
