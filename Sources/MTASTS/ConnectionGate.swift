// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Says which addresses an HTTPS transport may connect to, and how many connections at once to each.
///
/// The DNS of the recipient's domain chooses where the sender connects. Without a guard anyone could make a mail
/// server send requests into its own network. A transport asks the gate about the address that it really connects
/// to, after name resolution, and tells it when the connection has closed. One gate may serve several transports.
public final class ConnectionGate: Sendable {
    /// Whether addresses that are not public are refused.
    public let refusesNonPublicAddresses: Bool

    /// The most connections open at once to one IPv4 address or one IPv6 /64.
    public let maximumConnectionsPerAddress: Int

    private let exempt: Set<IPAddress>
    private let open = Lock<[IPAddress: Int]>([:])

    /// A gate.
    ///
    /// - Parameters:
    ///   - refusesNonPublicAddresses: Whether loopback, private, link-local, multicast and other addresses that are
    ///     not public are refused.
    ///   - maximumConnectionsPerAddress: The most connections open at once to one address, so that one policy host
    ///     that stalls, and the many domains it serves, cannot take all.
    ///   - exempt: Addresses allowed although they are not public, such as an inner server of one's own.
    public init(
        refusesNonPublicAddresses: Bool = true,
        maximumConnectionsPerAddress: Int = 32,
        exempt: Set<IPAddress> = []
    ) {
        self.refusesNonPublicAddresses = refusesNonPublicAddresses
        self.maximumConnectionsPerAddress = max(1, maximumConnectionsPerAddress)
        self.exempt = exempt
    }

    /// Whether the guard lets a connection to `address` through. It does not count the connection.
    public func allows(_ address: IPAddress) -> Bool {
        !refusesNonPublicAddresses || address.isPublic || exempt.contains(address)
    }

    /// Counts a connection that is about to be used.
    ///
    /// - Throws: ``HTTPFailure/connection(reason:)`` if the guard refuses the address,
    ///   ``HTTPFailure/overloaded(reason:)`` if the address has as many connections as it may have. The caller then
    ///   closes the connection without a request and does not call ``connectionClosed(to:)``.
    public func connectionOpened(to address: IPAddress) throws(HTTPFailure) {
        guard allows(address) else {
            throw .connection(reason: "\(address) is not a public address")
        }
        let isAdmitted = open.withLock { open in
            let count = open[Self.site(address), default: 0]
            guard count < maximumConnectionsPerAddress else { return false }
            open[Self.site(address)] = count + 1
            return true
        }
        guard isAdmitted else {
            throw .overloaded(reason: "\(maximumConnectionsPerAddress) connections to \(address) are open")
        }
    }

    /// What is counted as one address: an IPv6 site has at least a /64 to itself (RFC 6177).
    private static func site(_ address: IPAddress) -> IPAddress {
        guard address.octets.count == 16 else { return address }
        return IPAddress(octets: address.octets[..<8] + [UInt8](repeating: 0, count: 8)) ?? address
    }

    /// Takes back the count of a connection that ``connectionOpened(to:)`` admitted.
    public func connectionClosed(to address: IPAddress) {
        open.withLock { open in
            guard let count = open[Self.site(address)] else { return }
            open[Self.site(address)] = count > 1 ? count - 1 : nil
        }
    }
}
