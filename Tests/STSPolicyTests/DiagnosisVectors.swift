// SPDX-License-Identifier: Apache-2.0

import STSPolicy
import VectorSupport

/// A policy file and what an examination finds.
struct DiagnosisVector: Vector {
    static let kind = "policy-diagnosis"
    let id: String
    let input: Octets
    let sender: Bool
    let strict: Bool
    /// Each reads `SEVERITY LINE:COLUMN START..<END RULE`.
    let findings: [String]
    /// The message of each finding, where the vector is about the words.
    let messages: [String]?

    static func load() throws -> [DiagnosisVector] { try Vectors.load("diagnose-policy") }
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
