// SPDX-License-Identifier: Apache-2.0

import Foundation
import STSRecord
import Testing

/// A line of `Tests/Vectors/diagnose-record.jsonl`.
///
/// `input` is the resource records, each as its character-strings, or `hex` the octets of one; each of `findings` reads
/// `SEVERITY RECORD LINE:COLUMN START..<END RULE`.
struct DiagnosisVector: Decodable, CustomTestStringConvertible, Sendable {
    let id: String
    let input: [[String]]?
    let hex: String?
    let valid: Bool
    let findings: [String]

    var testDescription: String { id }

    var resourceRecords: [[[UInt8]]] {
        guard let hex else { return (input ?? []).map { strings in strings.map { Array($0.utf8) } } }
        let digits = Array(hex.utf8)
        let octets = stride(from: 0, to: digits.count, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
        }
        return [[octets]]
    }

    static func load() throws -> [DiagnosisVector] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Vectors/diagnose-record.jsonl"
        )
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(DiagnosisVector.self, from: Data(line.utf8))
        }
    }
}

extension STSRecord.Finding {
    /// The finding as a vector writes it.
    fileprivate var vectorForm: String {
        "\(severity.rawValue) \(resourceRecord) \(line):\(column) \(octets) \(rule.rawValue)"
    }
}

@Suite struct DiagnosisTests {
    @Test(arguments: try DiagnosisVector.load())
    func vector(_ vector: DiagnosisVector) {
        let diagnosis = STSRecord.diagnose(resourceRecords: vector.resourceRecords)
        #expect(diagnosis.findings.map(\.vectorForm) == vector.findings)
        #expect(diagnosis.selection == STSRecord.select(from: vector.resourceRecords))
        if case .record = diagnosis.selection { #expect(vector.valid) } else { #expect(!vector.valid) }
    }

    @Test func everyRuleHasAVector() throws {
        let seen = try DiagnosisVector.load().flatMap {
            STSRecord.diagnose(resourceRecords: $0.resourceRecords).findings.map(\.rule)
        }
        #expect(Set(STSRecord.Rule.allCases).subtracting(seen) == [.moreFindings, .grammar])
    }

    @Test func ruleIdentifiersAreOfOneForm() {
        for rule in STSRecord.Rule.allCases {
            #expect(rule.rawValue.hasPrefix("record-"))
            #expect(rule.rawValue.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) })
            #expect(rule.section.hasPrefix("RFC "))
        }
    }

    @Test(arguments: [
        ("v=STSv1; id=2026-01-01", "\"2026-01-01\": an id holds only ASCII letters and digits: write \"id=20260101\"."),
        ("v=STSv1; ID=1", "\"ID\": field names are compared letter by letter: write \"id\"."),
        ("v=spf1 -all", "This is an SPF record: it belongs at the domain itself, not at _mta-sts.YOURDOMAIN."),
    ])
    func adviceNamesWhatToWrite(_ text: String, _ message: String) {
        #expect(STSRecord.diagnose(text).findings.map(\.message) == [message])
    }

    @Test func findingsAreCapped() {
        let fields = String(repeating: "x=1; ", count: 3_000)
        let many = STSRecord.diagnose("v=STSv1; id=1; " + fields).findings
        // All the unknown fields, and the length.
        #expect(many.count == STSRecord.Diagnosis.maximumFindings + 1)
        #expect(many.contains { $0.rule == .moreFindings })
        let refused = STSRecord.diagnose("v=STSv1; id=1; " + fields + "y")
        #expect(refused.findings.filter { $0.severity == .error }.map(\.rule) == [.grammar])
    }

    @Test func findingsOfASetAreCapped() {
        let others = [[[UInt8]]](repeating: [Array("x".utf8)], count: 2_000)
        let bad = STSRecord.diagnose(resourceRecords: others + [[Array("v=STSv1; id=-".utf8)]]).findings
        #expect(bad.count == STSRecord.Diagnosis.maximumFindings + 2)
        #expect(bad.filter { $0.severity == .error }.map(\.resourceRecord) == [2_000])
        #expect(bad.last?.rule == .moreFindings)
        let good = STSRecord.diagnose(resourceRecords: others + [[Array("v=STSv1; id=1".utf8)]]).findings
        #expect(good.allSatisfy { $0.severity == .note })
    }
}
