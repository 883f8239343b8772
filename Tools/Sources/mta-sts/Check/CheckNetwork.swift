// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS

/// What `mta-sts check` asks the network; tests answer by a script.
protocol CheckNetwork: Sendable {
    /// The TXT records at a name. It throws if there is no answer.
    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord>

    /// The MX records of a domain, by preference. It throws if there is no answer.
    func mxRecords(of domain: DomainName) async throws -> DNSAnswer<MXRecord>

    /// The addresses of a host. It throws if there is no answer.
    func addresses(of host: DomainName) async throws -> DNSAnswer<IPAddress>

    /// Where policy hosts are connected to instead of their own addresses, for people; nil as a rule.
    var connectionTarget: String? { get }

    /// Whether addresses that are not public are not connected to.
    var refusesNonPublicAddresses: Bool { get }

    /// The answer of a policy host at some addresses; they mean nothing if there is a ``connectionTarget``.
    func fetch(_ request: PolicyRequest, at addresses: [IPAddress]) async throws -> HTTPResponse

    /// What the certificate of a policy host says, valid or not.
    func certificate(of host: DomainName, at addresses: [IPAddress]) async throws -> CertificateFacts
}

/// What a certificate says, whether it is to be trusted or not.
struct CertificateFacts: Hashable, Sendable {
    /// The first moment at which it is valid.
    let notBefore: UnixTime

    /// The last moment at which it is valid.
    let notAfter: UnixTime

    /// Its DNS-IDs.
    let dnsIDs: [String]

    /// How many certificates the server sent, this one included.
    let chainLength: Int
}
