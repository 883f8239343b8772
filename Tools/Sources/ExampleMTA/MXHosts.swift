// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS

/// Where mail for a domain goes (RFC 5321 section 5.1).
enum MXHosts: Hashable, Sendable {
    /// To these hosts, in this order.
    case hosts([DomainName])
    /// Nowhere, and never: no such domain, a null MX (RFC 7505), or a loop.
    case nowhere(status: String, reason: String)
}

extension SystemDNS {
    /// Where mail for a domain goes.
    ///
    /// The policy has no say here: the hosts are filtered when their turn comes (RFC 8461 section 8.4).
    ///
    /// - Parameter ownName: Our own name: where we stand among the MX hosts, those from us on are left out.
    /// - Throws: `DNSFailure`; `CancellationError` when cancelled.
    func mxHosts(of domain: DomainName, ownName: DomainName) async throws -> MXHosts {
        let answer = try await mxRecords(at: domain)
        switch answer.content {
        case .noSuchName:
            return .nowhere(status: "5.1.2", reason: "there is no domain \(domain)")
        case .noData:
            // The implicit MX: only where there is no MX record at all.
            return .hosts([domain])
        case .records(let records):
            if records.allSatisfy(\.isNullMX) {
                return .nowhere(status: "5.1.10", reason: "\(domain) takes no mail")
            }
            let ownPreference = records.first { $0.exchange == ownName }?.preference
            let usable = records.filter { record in ownPreference.map { record.preference < $0 } ?? true }
            guard !usable.isEmpty else {
                return .nowhere(status: "5.4.6", reason: "mail for \(domain) comes back to us")
            }
            // Hosts of one preference in random order.
            return .hosts(
                usable.map { (preference: $0.preference, tie: UInt64.random(in: 0 ... .max), host: $0.exchange) }
                    .sorted { ($0.preference, $0.tie) < ($1.preference, $1.tie) }
                    .compactMap(\.host)
            )
        }
    }
}
