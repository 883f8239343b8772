// SPDX-License-Identifier: Apache-2.0

import Foundation
import STSPolicy
import Testing

/// A line of `Tests/Vectors/diagnose-policy.jsonl`.
///
/// `input` is the text, or `hex` its octets; each of `findings` reads `SEVERITY LINE:COLUMN START..<END RULE`.
struct DiagnosisVector: Decodable, CustomTestStringConvertible, Sendable {
    let id: String
    let input: String?
    let hex: String?
    let sender: Bool
    let strict: Bool
    let findings: [String]

    var testDescription: String { id }

    var octets: [UInt8] {
        guard let hex else { return Array((input ?? "").utf8) }
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
        }
    }

    static func load() throws -> [DiagnosisVector] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Vectors/diagnose-policy.jsonl"
        )
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(DiagnosisVector.self, from: Data(line.utf8))
        }
    }
}

extension STSPolicy.Finding {
    /// The finding as a vector writes it.
    var vectorForm: String { "\(severity.rawValue) \(line):\(column) \(octets) \(rule.rawValue)" }
}

extension Result {
    var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
