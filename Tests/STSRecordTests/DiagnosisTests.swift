// SPDX-License-Identifier: Apache-2.0

import STSRecord
import Testing
import VectorSupport

/// The TXT records at a name and what an examination finds.
struct DiagnosisVector: Vector {
    static let kind = "record-diagnosis"
    let id: String
    /// Each resource record as its character-strings.
    let rrset: [[Octets]]
    let valid: Bool
    /// Each reads `SEVERITY RECORD LINE:COLUMN START..<END RULE`.
    let findings: [String]
    /// The message of each finding, where the vector is about the words.
    let messages: [String]?

    var resourceRecords: [[[UInt8]]] { rrset.map { $0.map(\.value) } }

    static func load() throws -> [DiagnosisVector] { try Vectors.load("diagnose-record") }
}

extension STSRecord.Finding {
    /// The finding as a vector writes it.
    fileprivate var vectorForm: String {
        "\(severity.rawValue) \(resourceRecord) \(line):\(column) \(octets) \(rule.rawValue)"
    }
}

@Suite("STSRecord: diagnosis")
struct DiagnosisTests {
    @Test(arguments: try DiagnosisVector.load())
    func vector(_ vector: DiagnosisVector) {
        let diagnosis = STSRecord.diagnose(resourceRecords: vector.resourceRecords)
        #expect(diagnosis.findings.map(\.vectorForm) == vector.findings)
        if let messages = vector.messages { #expect(diagnosis.findings.map(\.message) == messages) }
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
