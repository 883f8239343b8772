// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The receivers of TLS reports that `Tests/Integration/world/up` starts: Postfix, nginx and their DNS records.
struct ReceiverWorld {
    /// Why there is none.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private let values: [String: String]

    /// The running world.
    ///
    /// - Throws: ``Missing`` if it does not run: a test that needs it fails then.
    init() throws {
        let environment = ProcessInfo.processInfo.environment
        let world = environment["MTASTS_WORLD"] ?? "\(environment["TMPDIR"] ?? "/tmp")/swift-mta-sts-world"
        var values: [String: String] = [:]
        for name in ["dns.env", "https.env", "reports.env"] {
            guard let text = try? String(contentsOfFile: "\(world)/\(name)", encoding: .utf8) else {
                throw Missing(
                    description: """
                        There is no \(world)/\(name). Run Tests/Integration/world/up; it needs the Debian packages postfix, \
                        nginx-light, openssl, python3 and those of the DNS servers: see Tests/install-packages.
                        """
                )
            }
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            }
        }
        self.values = values
    }

    /// A value of the world, such as `MTASTS_REPORTS_MAIL`.
    func value(_ name: String) throws -> String {
        guard let value = values[name] else { throw Missing(description: "The world does not say \(name).") }
        return value
    }

    /// The port in an `ADDRESS:PORT`.
    func port(_ name: String) throws -> Int {
        guard let port = try value(name).split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Missing(description: "\(name) has no port.")
        }
        return port
    }

    /// Waits for a mail that holds a text, and gives it with LF line ends.
    func mail(holding text: String) async throws -> String {
        let folder = try value("MTASTS_REPORTS_MAIL")
        for _ in 0..<600 {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let mail = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                if let mail, mail.contains(text) { return mail }
            }
            // Postfix writes the mail after it has answered; nothing tells when.
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Missing(description: "Postfix delivered no mail with \(text).")
    }
}
