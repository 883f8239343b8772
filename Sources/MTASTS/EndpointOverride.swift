// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Where an HTTPS transport connects instead of asking DNS, for tests and for looking at a server before its DNS
/// records point to it.
///
/// The SNI name, the field Host and the name that the certificate must bear stay those of the policy host.
public struct EndpointOverride: Hashable, Sendable {
    /// One place to connect to.
    public struct Endpoint: Hashable, Sendable {
        /// The addresses in the order to try them; empty if ``host`` is to be looked up.
        public let addresses: [IPAddress]

        /// The name to look up if there are no addresses.
        public let host: String

        /// The TCP port.
        public let port: UInt16

        /// Addresses in the order to try them, and a port.
        public init(addresses: [IPAddress], port: UInt16 = 443) {
            self.addresses = addresses
            self.host = addresses.first?.description ?? ""
            self.port = port
        }

        /// An address in text form, or a name to look up, and a port.
        public init(host: String, port: UInt16 = 443) {
            self.addresses = IPAddress(host).map { [$0] } ?? []
            self.host = host
            self.port = port
        }
    }

    private let byHost: [DomainName: Endpoint]
    private let others: Endpoint?

    /// An override for some policy hosts, and for all others or none of them.
    ///
    /// - Parameters:
    ///   - byHost: The endpoints of single policy hosts.
    ///   - others: The endpoint of every other policy host; nil leaves them to DNS and port 443.
    public init(_ byHost: [DomainName: Endpoint] = [:], others: Endpoint? = nil) {
        self.byHost = byHost
        self.others = others
    }

    /// The endpoint for a policy host, nil if DNS and port 443 decide.
    public func endpoint(for policyHost: DomainName) -> Endpoint? { byHost[policyHost] ?? others }
}
