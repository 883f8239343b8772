// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSPolicy
import Testing
import VectorSupport

@Suite("STSPolicy: diagnosis")
struct DiagnosisTests {
    private static let policy = "version: STSv1\nmode: enforce\nmx: mail.example.net\nmax_age: 604800\n"

    @Test(.proves("R-POL-04", "R-POL-14"), arguments: try DiagnosisVector.load())
    func vector(_ vector: DiagnosisVector) {
        let diagnosis = STSPolicy.diagnose(vector.input.value)
        #expect(diagnosis.findings.map(\.vectorForm) == vector.findings)
        if let messages = vector.messages { #expect(diagnosis.findings.map(\.message) == messages) }
        #expect(diagnosis.sender.isSuccess == vector.sender)
        #expect(diagnosis.strict.isSuccess == vector.strict)
    }

    @Test func everyRuleHasAVector() throws {
        let seen = try DiagnosisVector.load().flatMap { STSPolicy.diagnose($0.input.value).findings.map(\.rule) }
        let elsewhere: Set<STSPolicy.Rule> = [.tooLarge, .moreFindings, .grammar]
        #expect(Set(STSPolicy.Rule.allCases).subtracting(seen) == elsewhere)
    }

    @Test func ruleIdentifiersAreOfOneForm() {
        for rule in STSPolicy.Rule.allCases {
            #expect(rule.rawValue.hasPrefix("policy-"))
            #expect(
                rule.rawValue.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
            )
            #expect(rule.section.hasPrefix("RFC 8461 section "))
        }
    }

    @Test(arguments: [
        (
            "max_age", "max-age", STSPolicy.Rule.fieldTypo,
            "\"max-age\" is not a field of a policy: write max_age with an underscore."
        ),
        (
            "enforce", "test", .modeValue,
            "\"test\" is no mode; there are enforce, testing and none: write \"mode: testing\"."
        ),
        (
            "604800", "7 days", .maxAgeUnit,
            "\"7 days\": max_age is in seconds, without a unit: write \"max_age: 604800\"."
        ),
        (
            "mail.example.net", "10 mail.example.net", .mxPreference,
            """
            "10 mail.example.net": the preference number of the MX record does not belong here: write \
            "mx: mail.example.net".
            """
        ),
    ])
    func adviceNamesWhatToWrite(_ old: String, _ new: String, _ rule: STSPolicy.Rule, _ message: String) {
        let lines = Self.policy.split(separator: "\n").map(String.init)
        let changed = lines.map { line in line.hasSuffix(old) ? line.dropLast(old.count) + new : replacePrefix(line) }
        func replacePrefix(_ line: String) -> String { line.hasPrefix(old) ? new + line.dropFirst(old.count) : line }
        let findings = STSPolicy.diagnose(changed.joined(separator: "\n") + "\n").findings
        #expect(findings.map(\.rule) == [rule])
        #expect(findings.first?.message == message)
    }

    @Test func duplicateNamesTheLineThatCounts() {
        let findings = STSPolicy.diagnose(Self.policy + "mode: testing\n").findings
        #expect(findings.map(\.message) == ["A second mode: senders go by the first, in line 2. Delete one of them."])
    }

    @Test func descriptionHoldsPlaceSeverityRuleAndSection() {
        let finding = STSPolicy.diagnose(Self.policy + "\n").findings.first
        #expect(
            finding?.description
                == """
                5:1: warning: A blank line: some senders refuse the policy for it. Delete it. [policy-blank-line, RFC 8461 \
                section 3.2]
                """
        )
    }

    @Test func columnCountsScalarsAndRangeCountsOctets() {
        let findings = STSPolicy.diagnose("x: \u{E9}\u{20AC}\u{1F600}\u{0}\n" + Self.policy).findings
        #expect(findings.map(\.vectorForm) == ["error 1:7 12..<13 policy-extension-value"])
    }

    @Test func quotedTextIsShortAndHarmless() throws {
        let long = String(repeating: "\u{20AC}", count: 40)
        let findings = STSPolicy.diagnose("version: \(long)\u{202E}\u{1B}[31m\nmode: \u{E9}\u{9B}\n").findings
        for finding in findings {
            #expect(finding.message.utf8.count < 400)
            #expect(
                finding.message.unicodeScalars.allSatisfy { $0.isASCII ? $0.value >= 0x20 : $0.properties.isAlphabetic }
            )
        }
    }

    @Test func sizeOverTheLimit() {
        let padding = String(repeating: "pad: " + String(repeating: "a", count: 94) + "\n", count: 660)
        let diagnosis = STSPolicy.diagnose(Self.policy + "mode: testing\n" + padding)
        let kinds = Set(diagnosis.findings.map(\.rule))
        #expect(kinds == [.tooLarge, .duplicateField, .unknownField])
        #expect(!diagnosis.sender.isSuccess)
        let tooLarge = diagnosis.findings.filter { $0.rule == .tooLarge }
        #expect(tooLarge.map(\.octets) == [65_536..<66_080])
    }

    @Test func sizeAtTheLimit() {
        let text = Self.policy + "pad: "
        let full = text + String(repeating: "a", count: STSPolicy.maximumOctets - text.utf8.count)
        #expect(STSPolicy.diagnose(full).findings.map(\.rule) == [.unknownField, .noFinalNewline])
        #expect(STSPolicy.diagnose(full + "a").findings.map(\.rule).contains(.tooLarge))
    }

    @Test func findingsAreCapped() {
        let many = STSPolicy.diagnose(Self.policy + String(repeating: "a: b\n", count: 5_000)).findings
        #expect(many.count == STSPolicy.Diagnosis.maximumFindings + 1)
        #expect(many.last?.rule == .moreFindings)
        #expect(many.last?.message.contains("4000") == true)
    }

    @Test func theReasonForARefusalIsNotLeftOut() {
        let diagnosis = STSPolicy.diagnose(Self.policy + String(repeating: "a: b\n", count: 5_000) + "garbage\n")
        #expect(!diagnosis.sender.isSuccess)
        #expect(diagnosis.findings.filter { $0.severity == .error }.map(\.rule) == [.grammar])
        let blank = STSPolicy.diagnose(Self.policy + String(repeating: "a: b\n", count: 5_000) + "\n")
        #expect(blank.findings.filter { $0.severity == .warning }.map(\.rule) == [.grammar])
    }
}
