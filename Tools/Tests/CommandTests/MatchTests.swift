// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import mta_sts

struct MatchTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let host: String
        let exitCode: Int32
        let words: String
        var testDescription: String { "\(pattern) \(host)" }
    }

    static let cases = [
        Case(pattern: "mail.example.com", host: "MAIL.example.com.", exitCode: 0, words: "match: the names are equal"),
        Case(pattern: "*.example.com", host: "mail.example.com", exitCode: 0, words: "the label \"mail\""),
        Case(pattern: "*.b\u{FC}cher.example", host: "mail.example", exitCode: 2, words: "A-labels"),
        Case(pattern: "*.xn--bcher-kva.example", host: "mx.b\u{FC}cher.example", exitCode: 0, words: "\"mx\""),
        Case(pattern: "*.example.com", host: "example.com", exitCode: 1, words: "has none before example.com"),
        Case(pattern: "*.example.com", host: "a.b.example.com", exitCode: 1, words: "has 2 before example.com"),
        Case(pattern: "*.example.com", host: "a.badexample.com", exitCode: 1, words: "does not end in .example.com"),
        Case(pattern: "mail.example.com", host: "mx.example.com", exitCode: 1, words: "is not mail.example.com"),
        Case(pattern: "192.0.2.1", host: "mx.example.com", exitCode: 1, words: "the pattern is an IP address"),
        Case(pattern: "mail.123", host: "mx.example.com", exitCode: 1, words: "the pattern ends in a number"),
        Case(pattern: "mail.example", host: "mail.123", exitCode: 1, words: "the host ends in a number"),
        Case(pattern: "a b.example", host: "mx.example.com", exitCode: 2, words: "octet 2 is no letter"),
        Case(pattern: "192.0.2.1", host: "192.0.2.1", exitCode: 1, words: "an IP address is no MX host name"),
        Case(pattern: "mail.*.example", host: "mail.a.example", exitCode: 2, words: "is no mx pattern"),
        Case(pattern: "mail.example", host: "a..example", exitCode: 2, words: "is no host name"),
    ]

    @Test(arguments: cases) func verdict(_ test: Case) {
        let output = PatternMatch.output(pattern: test.pattern, host: test.host)
        #expect(output.exitCode == test.exitCode)
        let text = test.exitCode == 2 ? output.errors : output.output
        #expect(text.contains(test.words), "\(text)")
        #expect((output.output.isEmpty) == (test.exitCode == 2))
    }

    @Test func aPatternThatOnlyLenientSendersTakeIsNoted() {
        let output = PatternMatch.output(pattern: "mail.example.com.", host: "mail.example.com")
        #expect(output.exitCode == 0)
        #expect(output.errors.contains("strict senders refuse"))
    }
}
