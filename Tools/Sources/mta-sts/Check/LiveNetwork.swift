// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSSystemDNS
import NIOCore

/// The real network.
struct LiveNetwork: CheckNetwork {
    private let dns: SystemDNS
    private let trustRoots: AsyncHTTPClientTransport.TrustRoots
    private let target: HostAndPort?
    private let gate: ConnectionGate
    private let probe: CertificateProbe

    /// The network as the command line wants it.
    ///
    /// - Parameters:
    ///   - dns: Answers all look-ups.
    ///   - trustedFile: A PEM file of the only certificates to be trusted; nil for the system's.
    ///   - target: Where to connect instead of to the policy hosts. The guard against private addresses is off then,
    ///     since the domains' DNS no longer says where to connect.
    ///   - allowsPrivateAddresses: Whether the guard is off.
    ///   - timeout: The seconds that the look at a certificate may take.
    /// - Throws: An error if the file cannot be read.
    init(
        dns: SystemDNS,
        trustedFile: String?,
        target: HostAndPort?,
        allowsPrivateAddresses: Bool,
        timeout: Int
    ) throws {
        self.dns = dns
        self.target = target
        trustRoots = trustedFile.map { .pemFiles([$0]) } ?? .system
        gate = ConnectionGate(refusesNonPublicAddresses: !allowsPrivateAddresses && target == nil)
        probe = CertificateProbe(patience: .seconds(Int64(min(timeout, 10))))
        if trustedFile != nil {
            var options = AsyncHTTPClientTransport.Options()
            options.trustRoots = trustRoots
            _ = try AsyncHTTPClientTransport(options)  // finds out now whether the file can be read
        }
    }

    var connectionTarget: String? { target.map { "\($0.host):\($0.port)" } }

    var refusesNonPublicAddresses: Bool { gate.refusesNonPublicAddresses }

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> { try await dns.txtRecords(at: name) }

    func mxRecords(of domain: DomainName) async throws -> DNSAnswer<MXRecord> { try await dns.mxRecords(at: domain) }

    func addresses(of host: DomainName) async throws -> DNSAnswer<IPAddress> { try await dns.addresses(of: host) }

    func fetch(_ request: PolicyRequest, at addresses: [IPAddress]) async throws -> HTTPResponse {
        var options = AsyncHTTPClientTransport.Options()
        options.trustRoots = trustRoots
        options.gate = gate
        options.endpoints = EndpointOverride(others: endpoint(addresses))
        return try await AsyncHTTPClientTransport(options).fetch(request)
    }

    private func endpoint(_ addresses: [IPAddress]) -> EndpointOverride.Endpoint {
        if let target { return EndpointOverride.Endpoint(host: target.host, port: target.port) }
        return EndpointOverride.Endpoint(addresses: addresses)
    }

    func certificate(of host: DomainName, at addresses: [IPAddress]) async throws -> CertificateFacts {
        if let target {
            guard let address = target.resolvedAddress else {
                throw HTTPFailure.connection(reason: "no address of \(target.host)")
            }
            return try await probe.certificate(of: host, at: address, port: Int(target.port))
        }
        var failure: any Error = HTTPFailure.connection(reason: "no address that may be connected to")
        for address in addresses where gate.allows(address) {
            do {
                return try await probe.certificate(of: host, at: address, port: 443)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
