// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MTASTS
import MTASTSSystemDNS
import NIOCore

/// A place to connect to, as the command line gives it.
struct HostAndPort: Equatable, Sendable {
    /// A name or an address, without brackets.
    let host: String
    let port: UInt16

    /// Reads `HOST`, `HOST:PORT`, `ADDRESS` or `[ADDRESS]:PORT`; an IPv6 address before a port needs the brackets.
    init?(_ text: String, defaultPort: UInt16) {
        if IPAddress(text) != nil {
            (host, port) = (text, defaultPort)
            return
        }
        var name = text[...]
        var port = defaultPort
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let digits = text[text.index(after: colon)...]
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(digits), number > 0 else {
                return nil
            }
            port = number
            name = text[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
            guard IPAddress(String(name)) != nil else { return nil }
        }
        let host = String(name)
        guard IPAddress(host) != nil || DomainName(host) != nil else { return nil }
        self.host = host
        self.port = port
    }

    /// The address: the host's own text, or the first one that the system finds for its name.
    var resolvedAddress: IPAddress? {
        if let address = IPAddress(host) { return address }
        guard let found = try? SocketAddress.makeAddressResolvingHost(host, port: Int(port)) else { return nil }
        return found.ipAddress.flatMap { IPAddress($0) }
    }
}

extension HostAndPort {
    /// The DNS server that the option `--dns` names, nil without it.
    static func server(ofOption dns: String?) throws -> SystemDNS.Server? {
        guard let dns else { return nil }
        guard let place = HostAndPort(dns, defaultPort: 53), let address = place.resolvedAddress else {
            throw ValidationError("--dns takes an address and a port, such as 127.0.0.1:5353 or [::1]:53.")
        }
        return SystemDNS.Server(address: address, port: place.port)
    }

    /// The place that the option `--connect` names, nil without it.
    static func target(ofOption connect: String?) throws -> HostAndPort? {
        guard let connect else { return nil }
        guard let place = HostAndPort(connect, defaultPort: 443) else {
            throw ValidationError("--connect takes a host and a port, such as 127.0.0.1:8443 or [::1]:443.")
        }
        return place
    }
}
