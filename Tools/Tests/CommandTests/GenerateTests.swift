// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import RequirementTrait
import Testing

@testable import mta_sts

struct GenerateTests {
    private static let good = PublicationAnswers(
        domain: "example.com",
        mode: "testing",
        maxAge: "86400",
        mx: ["mail.example.com", "*.mx.example.net"]
    )

    @Test(.proves("R-POL-20"), arguments: ["testing", "enforce", "none"]) func whatIsWrittenPassesTheStrictReader(
        _ mode: String
    ) throws {
        var answers = Self.good
        answers.mode = mode
        let publication = try Publication(answers)
        let file = try #require(publication.files.first)
        #expect(file.name == "mta-sts.txt")
        let policy = try STSPolicy(strictlyParsing: file.text)
        #expect(policy.mode.rawValue == mode)
        #expect(policy.maxAge == 86_400)
        #expect(policy.mx.map(\.description) == answers.mx)
        let zone = try #require(publication.files.first { $0.name == "record.zone" }).text
        let text = zone.split(separator: "\"")[1]
        #expect(try STSRecord(parsing: String(text)).id == policy.contentID)
        #expect(zone.hasPrefix("_mta-sts.example.com. 3600 IN TXT \""))
    }

    @Test func theIDFollowsTheContent() throws {
        var answers = Self.good
        let id = try Publication(answers).record.id
        #expect(try Publication(answers).record.id == id)
        answers.maxAge = "2d"
        #expect(try Publication(answers).record.id != id)
    }

    @Test(.proves("R-POL-20")) func theSnippetNamesThePolicyHostAndTheMediaType() throws {
        let text = try Publication(Self.good).text
        #expect(text.contains("server_name mta-sts.example.com;"))
        #expect(text.contains("location = /.well-known/mta-sts.txt {"))
        #expect(text.contains("default_type text/plain;"))
        #expect(text.contains("1. Give mta-sts.example.com an address"))
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let change: String
        let value: String
        let advice: String
        var testDescription: String { "\(change) \(value)" }
    }

    static let refused = [
        Refused(change: "mx", value: "mail.example.com.", advice: "Leave the final dot out."),
        Refused(change: "mx", value: "my_mail.example.com", advice: "underscore"),
        Refused(change: "mx", value: "mail.b\u{FC}cher.example", advice: "Write mail.xn--bcher-kva.example."),
        Refused(change: "mx", value: "*", advice: "A wildcard is"),
        Refused(change: "mx", value: "a.*.example", advice: "A wildcard is"),
        Refused(change: "mx", value: "[192.0.2.1]", advice: "Write the host name"),
        Refused(change: "mx", value: "192.0.2.1", advice: "is an IP address and matches nothing"),
        Refused(change: "mx", value: "mail.123", advice: "ends in a number, like an IP address, and matches nothing"),
        Refused(change: "mx", value: "a.example,b.example", advice: "Give one --mx for each host."),
        Refused(change: "maxAge", value: "31557601", advice: "31557600"),
        Refused(change: "maxAge", value: "1,000", advice: "without separators"),
        Refused(change: "maxAge", value: "-1", advice: "is no max_age"),
        Refused(change: "maxAge", value: "9999999999w", advice: "max_age"),
        Refused(change: "maxAge", value: "0", advice: "mode none"),
        Refused(change: "mode", value: "Enforce", advice: "write the mode as enforce"),
        Refused(change: "mode", value: "test", advice: "Write testing."),
        Refused(change: "domain", value: "example..com", advice: "is no domain name"),
        Refused(change: "domain", value: "192.0.2.1", advice: "is no domain name"),
        Refused(change: "domain", value: "localhost", advice: "one label"),
        Refused(change: "domain", value: String(repeating: "abcdefghi.", count: 25) + "de", advice: "too long for DNS"),
        Refused(change: "noMX", value: "", advice: "Give --mx"),
    ]

    @Test(arguments: refused) func whatStrictSendersRefuseIsRefusedWithAdvice(_ test: Refused) {
        var answers = Self.good
        switch test.change {
        case "mx": answers.mx = [test.value]
        case "noMX": answers.mx = []
        case "maxAge": answers.maxAge = test.value
        case "mode": answers.mode = test.value
        default: answers.domain = test.value
        }
        let output = Publication.output(answers, folder: nil, replacing: false)
        #expect(output.exitCode == 1)
        #expect(output.output.isEmpty)
        #expect(output.errors.contains(test.advice), "\(output.errors)")
    }

    @Test(arguments: [
        ("mail.example.com", ""),
        ("localhost", "warning: \"localhost\" has one label only"),
        ("*.com", "warning: \"*.com\" covers every name right under a top-level domain"),
        ("MAIL.EXAMPLE.COM", "note: Upper-case letters"),
    ])
    func whatLintSaysOfThePolicyIsToldBesides(_ mx: String, _ words: String) {
        var answers = Self.good
        answers.maxAge = "2w"
        answers.mx = [mx]
        let output = Publication.output(answers, folder: nil, replacing: false)
        #expect(output.exitCode == 0)
        #expect(output.errors.hasPrefix(words) && output.errors.isEmpty == words.isEmpty, "\(output.errors)")
    }

    @Test(.proves("R-POL-20")) func uLabelsOfTheDomainAreConverted() throws {
        var answers = Self.good
        answers.domain = "b\u{FC}cher.example"
        #expect(try Publication(answers).policyHost.description == "mta-sts.xn--bcher-kva.example")
    }

    @Test func filesAreWrittenAndNotReplacedUnasked() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mta-sts-generate-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = Publication.output(Self.good, folder: folder.path, replacing: false)
        #expect(first.exitCode == 0)
        #expect(first.output.split(separator: "\n").count == 4)
        let policyFile = folder.appending(path: "mta-sts.txt")
        let octets = [UInt8](try Data(contentsOf: policyFile))
        #expect(try STSPolicy(strictlyParsing: octets).mode == .testing)

        var answers = Self.good
        answers.mode = "enforce"
        let second = Publication.output(answers, folder: folder.path, replacing: false)
        #expect(second.exitCode == 2)
        #expect([UInt8](try Data(contentsOf: policyFile)) == octets)
        #expect(Publication.output(answers, folder: folder.path, replacing: true).exitCode == 0)
        #expect([UInt8](try Data(contentsOf: policyFile)) != octets)
    }

    @Test func aFolderThatCannotBeMadeIsToldAbout() {
        let output = Publication.output(Self.good, folder: "/dev/null/folder", replacing: false)
        #expect(output.exitCode == 2)
        #expect(output.errors.hasPrefix("error: cannot write"))
    }

    @Test func whatIsMissingIsAskedFor() throws {
        var lines = ["example.com", "", "2w", "mail.example.com", ""][...]
        var questions: [String] = []
        var answers = PublicationAnswers()
        #expect(answers.missing == ["--domain", "--mode", "--max-age", "--mx"])
        answers.ask { question in
            questions.append(question)
            return lines.popFirst()
        }
        #expect(questions.count == 5)
        #expect(answers.mode == "testing")
        #expect(answers.maxAge == "2w")
        #expect(answers.mx == ["mail.example.com"])
        #expect(try Publication(answers).policy.maxAge == 1_209_600)
    }

    @Test func theEndOfTheInputEndsTheQuestions() {
        var answers = PublicationAnswers()
        answers.ask { _ in nil }
        #expect(Publication.output(answers, folder: nil, replacing: false).exitCode == 1)
    }
}
