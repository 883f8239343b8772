// SPDX-License-Identifier: Apache-2.0

import CMTASTSResolver
public import MTASTS

extension SystemDNS {
    /// A DNS server by address and port.
    public struct Server: Hashable, Sendable, CustomStringConvertible {
        /// The server's address.
        public let address: IPAddress

        /// The server's port, for UDP and TCP.
        public let port: UInt16

        /// A server.
        public init(address: IPAddress, port: UInt16 = 53) {
            self.address = address
            self.port = port
        }

        /// Reads `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; an IPv6 address before a port needs the brackets.
        public init?(_ text: String) {
            if let address = IPAddress(text) {
                self.init(address: address)
                return
            }
            guard let colon = text.lastIndex(of: ":") else { return nil }
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let port = UInt16(digits), port > 0
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard let address = IPAddress(String(host)) else { return nil }
            self.init(address: address, port: port)
        }

        /// The address and the port, as ``init(_:)`` reads them.
        public var description: String {
            address.octets.count == 4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        }

        /// The socket address, nil for an address that has neither 4 nor 16 octets, which there is not.
        var socketAddress: mtasts_server? {
            var server = mtasts_server()
            return mtasts_make_server(address.octets, address.octets.count, port, &server) ? server : nil
        }
    }

    /// The servers of resolv.conf, read anew, at most three; none where the C library does not tell them.
    static func systemServers() -> [mtasts_server] {
        let room = Int(MTASTS_MAXIMUM_SERVERS)
        return [mtasts_server](unsafeUninitializedCapacity: room) { buffer, count in
            buffer.initialize(repeating: mtasts_server())
            // The header promises at most `room` servers.
            count = buffer.baseAddress.map { Int(mtasts_system_servers($0)) } ?? 0
        }
    }
}
