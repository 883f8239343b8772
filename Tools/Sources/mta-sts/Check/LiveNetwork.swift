// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSSystemDNS
import NIOCore

/// The real network.
struct LiveNetwork: CheckNetwork {
    private let dns: SystemDNS
    private let options: AsyncHTTPClientTransport.Options
    private let target: HostAndPort?
    /// The one transport if there is a target; else each fetch has its own, for the addresses that `dns` told.
    private let transport: AsyncHTTPClientTransport?
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
        var options = AsyncHTTPClientTransport.Options()
        options.trustRoots = trustedFile.map { .pemFiles([$0]) } ?? .system
        options.endpoints = EndpointOverride(
            others: target.map { EndpointOverride.Endpoint(host: $0.host, port: $0.port) }
        )
        // The number of domains checked at once is the limit; many of them may have one provider.
        options.gate = ConnectionGate(
            refusesNonPublicAddresses: !allowsPrivateAddresses && target == nil,
            maximumConnectionsPerAddress: .max
        )
        self.options = options
        probe = CertificateProbe(patience: .seconds(Int64(min(timeout, 10))))
        // In any case made here, to find out whether the file can be read.
        let transport = try AsyncHTTPClientTransport(options)
        self.transport = target == nil ? nil : transport
    }

    var connectionTarget: String? { target.map { "\($0.host):\($0.port)" } }

    var refusesNonPublicAddresses: Bool { options.gate.refusesNonPublicAddresses }

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> { try await dns.txtRecords(at: name) }

    func mxRecords(of domain: DomainName) async throws -> DNSAnswer<MXRecord> { try await dns.mxRecords(at: domain) }

    func addresses(of host: DomainName) async throws -> DNSAnswer<IPAddress> { try await dns.addresses(of: host) }

    func fetch(_ request: PolicyRequest, at addresses: [IPAddress]) async throws -> HTTPResponse {
        if let transport { return try await transport.fetch(request) }
        var options = options
        options.endpoints = EndpointOverride(others: EndpointOverride.Endpoint(addresses: addresses))
        return try await AsyncHTTPClientTransport(options).fetch(request)
    }

    func certificate(of host: DomainName, at addresses: [IPAddress]) async throws -> CertificateFacts {
        if let target {
            guard let address = target.resolvedAddress else {
                throw HTTPFailure.connection(reason: "no address of \(target.host)")
            }
            return try await probe.certificate(of: host, at: address, port: Int(target.port))
        }
        var failure: any Error = HTTPFailure.connection(reason: "no address that may be connected to")
        for address in addresses where options.gate.allows(address) {
            do {
                return try await probe.certificate(of: host, at: address, port: 443)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
