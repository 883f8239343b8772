// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import NIOSSL

/// Trust roots, parsed once: every fetch has a TLS context of its own, and they share these certificates.
enum TrustStore {
    /// Where Linux distributions keep the system's certificates in one file.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    static func load(_ roots: AsyncHTTPClientTransport.TrustRoots) throws -> NIOSSLTrustRoots {
        switch roots {
        case .system:
            #if os(Linux)
            for file in systemFiles {
                if let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty {
                    return .certificates(certificates)
                }
            }
            #endif
            return .default
        case .pemFiles(let files):
            return .certificates(try files.flatMap { try NIOSSLCertificate.fromPEMFile($0) })
        }
    }
}
#endif
