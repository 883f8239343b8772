// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import MTASTS

/// The receivers of TLS reports, and the MX hosts, that `world/reports-up` has started.
public struct ReportsWorld: Sendable {
    /// Why the receivers cannot be used.
    public struct Unavailable: Error, CustomStringConvertible {
        /// What to do about it.
        public let description: String
    }

    /// A request that nginx has answered.
    public struct Post: Decodable, Sendable {
        /// The host that the request is for.
        public let host: String
        /// The request line.
        public let request: String
        /// The status code of the answer.
        public let status: Int
        /// The field Content-Type.
        public let contentType: String
        /// The field Content-Encoding, empty if there is none.
        public let contentEncoding: String
        /// The field Content-Length.
        public let contentLength: String
        /// The field User-Agent.
        public let agent: String
        /// The field Cookie, empty if there is none.
        public let cookie: String
        /// The field Authorization, empty if there is none.
        public let authorization: String
        /// The path of the file that holds the body; empty if nginx did not read it.
        public let file: String

        /// The body as it was received.
        public func body() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: file))) }
    }

    /// The address of all receivers of posts.
    public let address: IPAddress
    /// Their port.
    public let port: UInt16
    /// The port of the mail server, on 127.0.0.1.
    public let mailPort: Int
    /// The port of the same mail server without STARTTLS.
    public let plainMailPort: Int
    /// The name in the mail server's certificate.
    public let mailHost = "mx.tlsrpt.example"
    /// The port of the MX hosts of `world/reports/mx-hosts.txt`.
    public let mxPort: Int
    private let posts: URL
    private let closed: URL
    private let mail: URL
    private let mailLog: URL
    private let capture: URL

    /// The receivers that run now.
    ///
    /// - Throws: ``Unavailable`` with the command to start them.
    public init() throws {
        let environment = ProcessInfo.processInfo.environment
        let world = environment["MTASTS_WORLD"] ?? (environment["TMPDIR"] ?? "/tmp") + "/swift-mta-sts-world"
        let path = world + "/reports.env"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Unavailable(
                description: "no \(path): run Tests/Integration/world/up (Debian packages postfix, nginx-light, "
                    + "openssl, python3, tcpdump)"
            )
        }
        func value(_ key: String) throws -> String {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key + "=") }
            guard let line else {
                throw Unavailable(description: "\(path) has no \(key): run Tests/Integration/world/up again")
            }
            return String(line.dropFirst(key.count + 1))
        }
        func file(_ key: String) throws -> URL { URL(filePath: try value(key)) }
        func endpoint(_ key: String) throws -> (IPAddress, UInt16) {
            let parts = try value(key).split(separator: ":")
            guard parts.count == 2, let address = IPAddress(String(parts[0])), let port = UInt16(parts[1]) else {
                throw Unavailable(description: "\(path): \(key) is no address and port")
            }
            return (address, port)
        }
        (address, port) = try endpoint("MTASTS_REPORTS_HTTPS")
        mailPort = Int(try endpoint("MTASTS_REPORTS_SMTP").1)
        plainMailPort = Int(try endpoint("MTASTS_REPORTS_SMTP_PLAIN").1)
        guard let number = Int(try value("MTASTS_MX_PORT")) else {
            throw Unavailable(description: "\(path): MTASTS_MX_PORT is no port")
        }
        mxPort = number
        posts = try file("MTASTS_REPORTS_POSTS")
        closed = try file("MTASTS_REPORTS_CLOSED")
        mail = try file("MTASTS_REPORTS_MAIL")
        mailLog = try file("MTASTS_MX_LOG")
        capture = try file("MTASTS_MX_CAPTURE")
    }

    /// An override that leads every host to the receivers.
    public var endpoints: EndpointOverride { EndpointOverride(others: .init(addresses: [address], port: port)) }

    /// The requests whose path is `path`, oldest first.
    ///
    /// nginx notes a request once it has sent the answer, which may be a little after the client has it: this waits
    /// until there are as many as expected.
    public func posts(to path: String, expecting count: Int, within limit: Duration = .seconds(5)) async throws
        -> [Post]
    {
        try await waiting(for: count, within: limit) {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let text = try String(contentsOf: posts, encoding: .utf8)
            // A line that is being written is not an entry yet.
            guard let end = text.lastIndex(of: "\n") else { return [] }
            return try text[..<end].split(separator: "\n")
                .map { try decoder.decode(Post.self, from: Data($0.utf8)) }
                .filter { $0.request == "POST \(path) HTTP/1.1" }
        }
    }

    /// The files of the messages that a recipient has got, oldest first.
    ///
    /// The server has taken a message before it is in its file: this waits until there are as many as expected.
    public func mail(to recipient: String, expecting count: Int, within limit: Duration = .seconds(10)) async throws
        -> [URL]
    {
        let head = "\nX-Original-To: \(recipient)\n"
        return try await waiting(for: count, within: limit) {
            try FileManager.default.contentsOfDirectory(at: mail, includingPropertiesForKeys: nil)
                .sorted { $0.lastPathComponent < $1.lastPathComponent }
                .filter { try Data(contentsOf: $0).prefix(1_024).range(of: Data(head.utf8)) != nil }
        }
    }

    /// The mail server's log from an octet on, whole lines alone.
    public func mailLog(from start: Int = 0) throws -> Substring {
        let text = String(decoding: try Data(contentsOf: mailLog).dropFirst(start), as: UTF8.self)
        return text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
    }

    /// The octets of the mail server's log.
    public func mailLogCount() throws -> Int { try Data(contentsOf: mailLog).count }

    /// Whether a text went over the wire from or to an MX host, as it is.
    public func hasCaptured(_ text: String) throws -> Bool {
        try Data(contentsOf: capture).range(of: Data(text.utf8)) != nil
    }

    /// Looks again and again until there are as many as expected, or the time is over.
    public func waiting<Found>(for count: Int, within limit: Duration, _ look: () throws -> [Found]) async throws
        -> [Found]
    {
        let end = ContinuousClock.now + limit
        while true {
            let found = try look()
            if found.count >= count || ContinuousClock.now > end { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Makes a host of `world/reports/hosts.txt` answer 503 until ``open(_:)``.
    public func close(_ host: String) throws { try Data().write(to: closed.appending(path: host)) }

    /// Lets a host that was closed answer again.
    public func open(_ host: String) throws { try FileManager.default.removeItem(at: closed.appending(path: host)) }
}
