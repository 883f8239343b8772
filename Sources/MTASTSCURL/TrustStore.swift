// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL

/// The trust roots that a transfer hands to libcurl.
struct TrustStore: Sendable {
    /// PEM text, nil for the system's trust roots.
    let pem: [UInt8]?

    /// When they were read again, nil if they are the first ones.
    private let reloaded: ContinuousClock.Instant?

    /// - Parameter isReload: Whether libcurl may hold older ones in memory.
    init(_ roots: CURLTransport.TrustRoots, isReload: Bool = false) throws {
        reloaded = isReload ? .now : nil
        switch roots {
        case .system:
            pem = nil
        case .pemFiles(let files):
            var text: [UInt8] = []
            for file in files { text += try Self.read(file) + [0x0A] }
            pem = text
        }
    }

    /// How old the system's trust roots may be that libcurl holds in memory: never older than the last reload. To
    /// parse them for each transfer would cost some 20 ms of the one thread.
    var secondsToKeep: Int {
        let most = Duration.seconds(3_600)
        return Int(min(reloaded?.duration(to: .now) ?? most, most).components.seconds)
    }

    private static func read(_ file: String) throws -> [UInt8] {
        var count = 0
        guard let octets = mtasts_curl_read_file(file, &count) else {
            throw CURLTransport.SetupError(description: "the trust roots in \(file) cannot be read")
        }
        defer { mtasts_curl_free(octets) }
        let text = octets.withMemoryRebound(to: UInt8.self, capacity: count) { start in
            Array(UnsafeBufferPointer(start: start, count: count))
        }
        guard String(decoding: text, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw CURLTransport.SetupError(description: "\(file) holds no certificate in PEM format")
        }
        return text
    }
}
#endif
