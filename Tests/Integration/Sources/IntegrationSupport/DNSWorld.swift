// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The DNS servers that `world/dns-up` has started.
public struct DNSWorld: Sendable {
    /// The resolver, `ADDRESS:PORT`.
    public let resolver: String

    /// The resolver over IPv6, nil on a host without `::1`.
    public let resolver6: String?

    /// The authority of the zones.
    public let authority: String

    /// The server of `world/dns/holding_dns.py`, which misbehaves as the name asked for says.
    public let scripted: String

    private let scriptedFolder: URL
    private let log: URL

    /// Why there is no world.
    public struct NotRunning: Error, CustomStringConvertible {
        /// A sentence that says what to do.
        public let description: String
    }

    /// Finds the running servers.
    ///
    /// - Throws: ``NotRunning`` if there are none: a test without its servers fails, it is not skipped.
    public init() throws {
        let environment = ProcessInfo.processInfo.environment
        let folder =
            environment["MTASTS_WORLD"]
            ?? (environment["TMPDIR"] ?? "/tmp") + "/swift-mta-sts-world"
        let file = URL(filePath: folder).appending(path: "dns.env")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw NotRunning(
                description: """
                    \(file.path) is missing: start the DNS servers with Tests/Integration/world/dns-up, which needs the \
                    Debian packages knot, unbound and python3
                    """
            )
        }
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[parts[0]] = String(parts[1]) }
        }
        func value(_ key: Substring) throws -> String {
            guard let value = values[key] else { throw NotRunning(description: "\(file.path) has no \(key)") }
            return value
        }
        resolver = try value("MTASTS_DNS_RESOLVER")
        let ipv6 = try value("MTASTS_DNS_RESOLVER6")
        resolver6 = ipv6.isEmpty ? nil : ipv6
        authority = try value("MTASTS_DNS_AUTHORITY")
        scripted = try value("MTASTS_DNS_SCRIPTED")
        scriptedFolder = URL(filePath: try value("MTASTS_DNS_SCRIPTED_DIR"))
        log = URL(filePath: try value("MTASTS_DNS_LOG"))
    }

    /// The queries that the scripted server has got for a name, such as "TXT udp".
    public func scriptedQueries(for name: String) -> [String] {
        let file = scriptedFolder.appending(path: "queries/\(name)")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// Lets the scripted server answer a name of `hold.example` or `holdfail.example`.
    public func release(_ name: String) throws {
        try Data().write(to: scriptedFolder.appending(path: "release/\(name)"))
    }

    /// Makes the scripted server hold a name of `hold.example` or `holdfail.example` again.
    public func hold(_ name: String) throws {
        try FileManager.default.removeItem(at: scriptedFolder.appending(path: "release/\(name)"))
    }

    /// Makes the scripted server answer SERVFAIL for the names of `outage.example`, or well again.
    public func setOutage(_ isDown: Bool) throws {
        let file = scriptedFolder.appending(path: "down")
        if isDown { try Data().write(to: file) } else { try? FileManager.default.removeItem(at: file) }
    }

    /// Sets the text of the TXT record that the scripted server answers for a name.
    public func setText(_ text: String, for name: String) throws {
        try Data(text.utf8).write(to: scriptedFolder.appending(path: "txt/\(name)"), options: .atomic)
    }

    /// How many queries the resolver has logged for a name and type.
    public func resolverQueryCount(for name: String, type: String) throws -> Int {
        let text = try String(contentsOf: log, encoding: .utf8)
        return text.split(separator: "\n").count { $0.contains(" \(name). \(type) IN") }
    }

    /// A name that no other test and no earlier run has asked for: `_mta-sts.tN.MODE.example`.
    public static func freshName(_ mode: String) -> String {
        "_mta-sts.t\(UInt64.random(in: .min ... .max)).\(mode).example"
    }
}
