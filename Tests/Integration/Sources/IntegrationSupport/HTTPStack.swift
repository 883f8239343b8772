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
        /// The same transport as one of reports.
        public let reports: any HTTPReportTransport
        /// Reads the trust roots again.
        public let reloadTrustRoots: @Sendable () throws -> Void
        /// Stops it.
        public let shutdown: @Sendable () async -> Void
    }

    /// A transport that reaches the servers of the world and trusts their authority.
    public func transport(
        in world: HTTPSWorld,
        gate: ConnectionGate = Self.openGate,
        endpoints: EndpointOverride? = nil,
        trustRoot: String? = nil,
        connectTimeout: Duration = .seconds(4),
        acceptsAnyReportCertificate: Bool = false
    ) throws -> Running {
        try transport(
            gate: gate,
            endpoints: endpoints ?? world.endpoints,
            trustRoots: [trustRoot ?? world.trustRoot],
            connectTimeout: connectTimeout,
            acceptsAnyReportCertificate: acceptsAnyReportCertificate
        )
    }

    /// A transport that reaches the servers of the world and trusts the system's authorities alone.
    public func transportWithSystemRoots(in world: HTTPSWorld) throws -> Running {
        try transport(
            gate: Self.openGate,
            endpoints: world.endpoints,
            trustRoots: nil,
            connectTimeout: .seconds(4),
            acceptsAnyReportCertificate: false
        )
    }

    /// A gate that lets loopback through, many times at once.
    public static let openGate = ConnectionGate(refusesNonPublicAddresses: false, maximumConnectionsPerAddress: 1_000)

    private func transport(
        gate: ConnectionGate,
        endpoints: EndpointOverride,
        trustRoots: [String]?,
        connectTimeout: Duration,
        acceptsAnyReportCertificate: Bool
    ) throws -> Running {
        switch self {
        case .asyncHTTPClient:
            var options = AsyncHTTPClientTransport.Options()
            options.gate = gate
            options.endpoints = endpoints
            options.connectTimeout = connectTimeout
            options.acceptsAnyReportCertificate = acceptsAnyReportCertificate
            if let trustRoots { options.trustRoots = .pemFiles(trustRoots) }
            let transport = try AsyncHTTPClientTransport(options)
            return Running(
                http: transport,
                reports: transport,
                reloadTrustRoots: { try transport.reloadTrustRoots() },
                shutdown: { await transport.shutdown() }
            )
        case .curl:
            var options = CURLTransport.Options()
            options.gate = gate
            options.endpoints = endpoints
            options.connectTimeout = connectTimeout
            options.acceptsAnyReportCertificate = acceptsAnyReportCertificate
            if let trustRoots { options.trustRoots = .pemFiles(trustRoots) }
            let transport = try CURLTransport(options)
            return Running(
                http: transport,
                reports: transport,
                reloadTrustRoots: { try transport.reloadTrustRoots() },
                shutdown: { await transport.shutdown() }
            )
        }
    }
}
