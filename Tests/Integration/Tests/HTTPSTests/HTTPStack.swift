// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSCURL
import Testing

/// All tests against the HTTPS servers; they read the servers' logs and measure memory, hence one after the other.
@Suite(.serialized)
enum HTTPSTests {}

/// The transports under test.
enum HTTPStack: String, CaseIterable, Sendable {
    case asyncHTTPClient = "AsyncHTTPClient"
    case curl = "CURL"

    /// A transport and the way to stop it.
    struct Running: Sendable {
        let http: any HTTPTransport
        let reloadTrustRoots: @Sendable () throws -> Void
        let shutdown: @Sendable () async -> Void
    }

    /// A transport that reaches the servers of the world and trusts their authority.
    func transport(
        in world: HTTPSWorld,
        gate: ConnectionGate = ConnectionGate(refusesNonPublicAddresses: false, maximumConnectionsPerAddress: 1_000),
        endpoints: EndpointOverride? = nil,
        trustRoot: String? = nil,
        connectTimeout: Duration = .seconds(4)
    ) throws -> Running {
        switch self {
        case .asyncHTTPClient:
            var options = AsyncHTTPClientTransport.Options()
            options.gate = gate
            options.endpoints = endpoints ?? world.endpoints
            options.connectTimeout = connectTimeout
            options.trustRoots = .pemFiles([trustRoot ?? world.trustRoot])
            let transport = try AsyncHTTPClientTransport(options)
            return Running(
                http: transport,
                reloadTrustRoots: { try transport.reloadTrustRoots() },
                shutdown: { await transport.shutdown() }
            )
        case .curl:
            var options = CURLTransport.Options()
            options.gate = gate
            options.endpoints = endpoints ?? world.endpoints
            options.connectTimeout = connectTimeout
            options.trustRoots = .pemFiles([trustRoot ?? world.trustRoot])
            let transport = try CURLTransport(options)
            return Running(
                http: transport,
                reloadTrustRoots: { try transport.reloadTrustRoots() },
                shutdown: { await transport.shutdown() }
            )
        }
    }
}
