// SPDX-License-Identifier: Apache-2.0

import Foundation
public import MTASTS

/// The HTTPS servers that `world/https-up` has started.
public struct HTTPSWorld: Sendable {
    /// Why the servers cannot be used.
    public struct Unavailable: Error, CustomStringConvertible {
        /// What to do about it.
        public let description: String
    }

    /// One policy domain of `world/https/hosts.txt`.
    public struct Host: Sendable {
        /// The policy domain.
        public let domain: DomainName
        /// The policy host.
        public let policyHost: DomainName
        /// Its addresses, in the order to try them.
        public let addresses: [IPAddress]
        /// What its server does.
        public let behaviour: String
    }

    /// Something that a misbehaving server has noted.
    public struct Event: Decodable, Sendable {
        /// `opened`, `request` or `closed`.
        public let event: String
        /// The number of the connection.
        public let connection: Int
        /// The policy host.
        public let host: String
        /// Seconds on the server's monotonic clock.
        public let time: Double
        /// The SNI name, on `opened`.
        public let sni: String?
        /// The request's header section, on `request`.
        public let header: String?
        /// The SHA-256 of the request's body in hexadecimal, on `request` of a receiver of reports.
        public let sha256: String?
        /// The octets of body sent, on `closed`.
        public let octets: Int?
        /// When octet 65,537 of the body was sent, on `closed`.
        public let passed: Double?
    }

    /// A request that nginx has answered.
    public struct AccessLogEntry: Decodable, Sendable {
        /// The policy host that the request is for.
        public let host: String
        /// The SNI name.
        public let sni: String
        /// The version of TLS.
        public let tls: String
        /// The request line.
        public let request: String
        /// The status code of the answer.
        public let status: Int
        /// The field Host.
        public let hostField: String
        /// The field User-Agent.
        public let agent: String
        /// The field Accept.
        public let accept: String
        /// The field Accept-Encoding.
        public let acceptEncoding: String
        /// The field Cache-Control.
        public let cacheControl: String
        /// The field Cookie.
        public let cookie: String
        /// The field If-Modified-Since.
        public let modified: String
        /// The field If-None-Match.
        public let etag: String
        /// The field Connection.
        public let connection: String
    }

    /// The port of all servers.
    public let port: UInt16
    /// The certificate of the authority to trust, a PEM file.
    public let trustRoot: String
    /// The certificate of an authority that is not to be trusted, a PEM file.
    public let otherRoot: String
    /// The policy domains, by the first label of their name.
    public let hosts: [String: Host]
    private let logs: String

    /// The servers that run now.
    ///
    /// - Throws: ``Unavailable`` with the command to start them.
    public init() throws {
        let environment = ProcessInfo.processInfo.environment
        let world =
            environment["MTASTS_WORLD"] ?? (environment["TMPDIR"] ?? "/tmp") + "/swift-mta-sts-world"
        guard let text = try? String(contentsOfFile: world + "/https.env", encoding: .utf8) else {
            throw Unavailable(
                description: "no \(world)/https.env: run Tests/Integration/world/https-up "
                    + "(Debian packages nginx-light, openssl, python3)"
            )
        }
        let settings = Dictionary(
            text.split(separator: "\n").compactMap { line -> (String, String)? in
                guard let equals = line.firstIndex(of: "=") else { return nil }
                return (String(line[..<equals]), String(line[line.index(after: equals)...]))
            },
            uniquingKeysWith: { _, last in last }
        )
        guard let port = settings["MTASTS_HTTPS_PORT"].flatMap(UInt16.init), let root = settings["MTASTS_HTTPS_CA"],
            let otherRoot = settings["MTASTS_HTTPS_OTHER_CA"], let table = settings["MTASTS_HTTPS_HOSTS"],
            let logs = settings["MTASTS_HTTPS_LOGS"]
        else { throw Unavailable(description: "\(world)/https.env is not complete: run world/https-up again") }
        self.port = port
        self.trustRoot = root
        self.otherRoot = otherRoot
        self.logs = logs
        self.hosts = Self.hosts(in: try String(contentsOfFile: table, encoding: .utf8))
    }

    private static func hosts(in table: String) -> [String: Host] {
        var hosts: [String: Host] = [:]
        for line in table.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: " ")
            guard fields.count == 5, let domain = DomainName("\(fields[0]).example"),
                let policyHost = DomainName("mta-sts.\(fields[0]).example")
            else { continue }
            hosts[String(fields[0])] = Host(
                domain: domain,
                policyHost: policyHost,
                addresses: fields[1].split(separator: ",").compactMap { IPAddress(String($0)) },
                behaviour: String(fields[4])
            )
        }
        return hosts
    }

    /// An override that leads each policy host to its server.
    public var endpoints: EndpointOverride {
        var byHost: [DomainName: EndpointOverride.Endpoint] = [:]
        for host in hosts.values { byHost[host.policyHost] = .init(addresses: host.addresses, port: port) }
        return EndpointOverride(byHost)
    }

    /// What the misbehaving servers have noted, oldest first.
    public func events(of name: String) throws -> [Event] {
        try entries(of: Event.self, in: "misbehave.jsonl").filter { $0.host == "mta-sts.\(name).example" }
    }

    /// The requests that nginx has answered, oldest first.
    public func accessLog(of name: String) throws -> [AccessLogEntry] {
        try entries(of: AccessLogEntry.self, in: "nginx.jsonl").filter { $0.host == "mta-sts.\(name).example" }
    }

    /// How many requests the server of a policy domain has seen.
    public func requestCount(of name: String) throws -> Int {
        try events(of: name).count { $0.event == "request" } + accessLog(of: name).count
    }

    /// Waits until a policy domain's server has noted something; the log is the only sign it gives.
    ///
    /// - Returns: The first event for which `isSought` holds.
    /// - Throws: ``Unavailable`` if nothing came in time.
    public func event(
        of name: String,
        within limit: Duration = .seconds(5),
        where isSought: (Event) -> Bool
    ) async throws -> Event {
        let end = ContinuousClock.now + limit
        while true {
            if let event = try events(of: name).first(where: isSought) { return event }
            guard ContinuousClock.now < end else {
                throw Unavailable(description: "the server of \(name) has not noted what was waited for")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func entries<Entry: Decodable>(of type: Entry.Type, in file: String) throws -> [Entry] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let text = try String(contentsOfFile: logs + "/" + file, encoding: .utf8)
        // A line that is being written is not an entry yet.
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return try text[..<end].split(separator: "\n").map { try decoder.decode(type, from: Data($0.utf8)) }
    }
}
