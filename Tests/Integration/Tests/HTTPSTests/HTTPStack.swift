// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSAsyncHTTPClient

/// The transports under test.
enum HTTPStack: String, CaseIterable, Sendable {
    case asyncHTTPClient = "AsyncHTTPClient"

    /// A transport and the way to stop it.
    struct Running {
        let http: any HTTPTransport
        let shutdown: () async -> Void
    }

    /// A transport that reaches the servers of the world and trusts their authority.
    func transport(
        in world: HTTPSWorld,
        gate: ConnectionGate = ConnectionGate(refusesNonPublicAddresses: false, maximumConnectionsPerAddress: 1_000),
        endpoints: EndpointOverride? = nil,
        trustRoot: String? = nil
    ) throws -> Running {
        switch self {
        case .asyncHTTPClient:
            var options = AsyncHTTPClientTransport.Options()
            options.gate = gate
            options.endpoints = endpoints ?? world.endpoints
            options.trustRoots = .pemFiles([trustRoot ?? world.trustRoot])
            let transport = try AsyncHTTPClientTransport(options)
            return Running(http: transport, shutdown: { await transport.shutdown() })
        }
    }
}
