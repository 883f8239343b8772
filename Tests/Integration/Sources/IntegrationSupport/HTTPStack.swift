// SPDX-License-Identifier: Apache-2.0

public import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSCURL

/// The transports under test.
public enum HTTPStack: String, CaseIterable, Sendable {
    /// By async-http-client.
    case asyncHTTPClient = "AsyncHTTPClient"
    /// By libcurl.
    case curl = "CURL"

    /// A transport and the way to stop it.
    public struct Running: Sendable {
        /// The transport.
        public let http: any HTTPTransport
        /// Reads the trust roots again.
        public let reloadTrustRoots: @Sendable () throws -> Void
        /// Stops it.
        public let shutdown: @Sendable () async -> Void
    }

    /// A transport that reaches the servers of the world and trusts their authority.
    public func transport(
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
