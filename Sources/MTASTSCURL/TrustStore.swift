// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL

/// The trust roots that a transfer hands to libcurl.
struct TrustStore: Sendable {
    /// PEM text, nil for the system's trust roots.
    let pem: [UInt8]?

    private let loaded = ContinuousClock.now

    init(_ roots: CURLTransport.TrustRoots) throws {
        switch roots {
        case .system:
            pem = nil
        case .pemFiles(let files):
            var text: [UInt8] = []
            for file in files { text += try Self.read(file) + [0x0A] }
            pem = text
        }
    }

    /// How old the trust roots may be that libcurl keeps in memory: not older than this value.
    var secondsToKeep: Int {
        Int(min(loaded.duration(to: .now), .seconds(3_600)).components.seconds)
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
