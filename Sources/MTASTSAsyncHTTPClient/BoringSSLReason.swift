// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL
import TLSRPT

/// Short texts for the errors of NIOSSL: BoringSSL's name for the fault where there is one.
enum BoringSSLReason {
    /// All that BoringSSL says, whatever is wrong with a chain or its dates.
    static let verifyFailed = "CERTIFICATE_VERIFY_FAILED"

    /// The most characters of a text.
    private static let maximumCharacters = 200

    /// Whether the server's certificate was refused.
    static func isCertificateFailure(_ error: any Error) -> Bool { name(in: "\(error)") == verifyFailed }

    /// BoringSSL's name for the fault, such as `SSLV3_ALERT_HANDSHAKE_FAILURE`; else the error's own words, cut and
    /// without control characters.
    static func text(of error: any Error) -> String {
        if let error = error as? IOError, error.errnoCode == ECONNRESET { return "CONNECTION_RESET" }
        let whole = "\(error)"
        return name(in: whole) ?? whole.forPeople(limit: maximumCharacters, replacement: " ")
    }

    /// The first name of a fault: `error:CODE:LIBRARY:OPENSSL_internal:NAME at FILE:LINE` is how BoringSSL writes one.
    private static func name(in text: String) -> String? {
        guard let mark = text.firstRange(of: ":OPENSSL_internal:") else { return nil }
        let name = text[mark.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return name.isEmpty ? nil : String(name.prefix(maximumCharacters))
    }
}
#endif
