// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import mta_sts

struct LintTests {
    private func report(_ kind: LintReport.Kind, _ text: String) -> LintReport {
        LintReport(kind, name: "file", octets: Array(text.utf8))
    }

    private static let good = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 1209600\r\n"

    @Test func aGoodPolicyIsClean() {
        let output = report(.policy, Self.good).output(json: false)
        #expect(output.exitCode == 0)
        #expect(output.output.contains("file: a valid policy"))
    }

    @Test func aGoodRecordIsCleanWithALineEndAfterIt() {
        for end in ["", "\n", "\r\n"] {
            let report = report(.record, "v=STSv1; id=20260101T000000;" + end)
            #expect(report.exitCode == 0, "\(report.findings)")
            #expect(report.senderFault == nil)
        }
    }

    @Test func aSecondLineEndIsAPartOfTheRecord() {
        #expect(report(.record, "v=STSv1; id=1;\n\n").exitCode == 1)
    }

    @Test func theCaretStandsUnderThePlace() throws {
        let text = "version: STSv1\nmode: enforced\nmx: mail.example.com\nmax_age: 1209600\n"
        let output = report(.policy, text).output(json: false)
        #expect(output.exitCode == 1)
        let lines = output.output.split(separator: "\n").map(String.init)
        let index = try #require(lines.firstIndex { $0.hasSuffix("| mode: enforced") })
        let caret = try #require(lines[index + 1].firstIndex(of: "^"))
        let place = lines[index + 1].distance(from: lines[index + 1].startIndex, to: caret)
        #expect(String(lines[index].dropFirst(place)).hasPrefix("enforced"))
        #expect(lines[index - 1].hasPrefix("file:2:7: error: "))
    }

    @Test func fatalAndForgivenFaultsAreToldApart() {
        let lenient = report(.policy, Self.good.replacingOccurrences(of: "com\r", with: "com.\r"))
        #expect(lenient.senderFault == nil)
        #expect(lenient.strictFault != nil)
        #expect(lenient.exitCode == 1)
        let broken = report(.policy, "<html>")
        #expect(broken.senderFault != nil)
        #expect(broken.output(json: false).output.contains("no valid policy"))
    }

    @Test(arguments: [
        "", "\u{FEFF}version: STSv1", "\u{1B}[31mred", "a\tb: \u{202E}x", String(repeating: "x", count: 70_000),
    ])
    func nothingOfTheFileActsOnATerminal(_ text: String) {
        let output = report(.policy, text).output(json: false).output
        let hasControl = output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E }
        #expect(!hasControl)
        for line in output.split(separator: "\n") { #expect(line.count < 1_000) }
    }

    @Test func octetsThatAreNotUTF8AreWrittenOut() {
        let octets = Array("version: STSv1\nmode: ".utf8) + [0xFF, 0xFE, 0x0A]
        let output = LintReport(.policy, name: "file", octets: octets).output(json: false)
        #expect(output.output.contains("mode: <FF><FE>"))
    }

    @Test func theJSONHoldsTheSameFindings() throws {
        let report = report(.policy, "version: STSv1\nmode: test\nmx: mail.example.com.\nmax_age: 1209600\n")
        let output = report.output(json: true)
        #expect(output.exitCode == 1)
        #expect(output.output.last == "\n")
        let object = try JSONSerialization.jsonObject(with: Data(output.output.utf8)) as? [String: Any]
        let json = try #require(object)
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.count == report.findings.count)
        let first = try #require(findings.first)
        #expect(first["rule"] as? String == report.findings.first?.rule)
        #expect(first["line"] as? Int == 2)
        #expect((json["sender"] as? [String: Any])?["valid"] as? Bool == false)
    }

    @Test func aFileThatIsNotThereCannotBeRead() {
        #expect(throws: InputFile.Failure.self) { try InputFile.octets(of: "/nonexistent/file") }
    }
}

struct SourceExcerptTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let place: Range<Int>
        let line: String
        let caret: String
        var testDescription: String { "\(text.debugDescription) \(place)" }
    }

    static let cases = [
        Case(text: "mx: a\nmx: b\n", place: 10..<11, line: "mx: b", caret: "    ^"),
        Case(text: "mx: abc\r\n", place: 4..<7, line: "mx: abc", caret: "    ^~~"),
        Case(text: "mx:\tabc", place: 4..<7, line: "mx: abc", caret: "    ^~~"),
        Case(text: "\ta", place: 1..<2, line: "    a", caret: "    ^"),
        Case(text: "m\u{F8}x: a", place: 6..<7, line: "m\u{F8}x: a", caret: "     ^"),
        Case(text: "\u{65E5}\u{672C}: a", place: 8..<9, line: "\u{65E5}\u{672C}: a", caret: "      ^"),
        Case(text: "e\u{301}: a", place: 5..<6, line: "e\u{301}: a", caret: "   ^"),
        Case(text: "a\u{A0}b", place: 1..<3, line: "a<U+00A0>b", caret: " ^~~~~~~~"),
        Case(text: "", place: 0..<0, line: "", caret: "^"),
        Case(text: "abc", place: 3..<3, line: "abc", caret: "   ^"),
        Case(text: "abc\ndef", place: 1..<6, line: "abc", caret: " ^~"),
    ]

    @Test(arguments: cases) func caret(_ test: Case) {
        let excerpt = SourceExcerpt(Array(test.text.utf8), at: test.place)
        #expect(excerpt.line == test.line)
        #expect(excerpt.caret == test.caret)
    }

    @Test(arguments: [0, 1, 59, 60, 61, 399, 400, 401, 5_000, 69_999])
    func aLongLineIsCutAroundThePlace(_ offset: Int) throws {
        var text = [UInt8](repeating: 0x78, count: 70_000)
        text[offset] = 0x79
        let excerpt = SourceExcerpt(text, at: offset..<offset + 1)
        #expect(excerpt.line.count <= 110)
        let place = excerpt.caret.count - 1
        #expect(Array(excerpt.line)[place] == "y")
    }

    @Test func aCutLineBeginsWithAWholeCharacter() {
        let text = Array(String(repeating: "\u{20AC}", count: 1_000).utf8)
        for offset in 1_500..<1_512 {
            #expect(!SourceExcerpt(text, at: offset..<offset + 1).line.contains("<"))
        }
    }
}
