// SPDX-License-Identifier: Apache-2.0

import ConformanceRunner
import Foundation
import Testing

@Suite struct ConformanceSuiteTests {
    @Test(arguments: SampleCase.all) func passes(_ sample: SampleCase) async throws {
        let tally = try await run(sample.line(verdict: sample.verdict))
        #expect(tally.summary == "1 passed, 0 failed, 0 skipped", "\(tally.failures)")
    }

    @Test(arguments: SampleCase.all) func aFlippedVerdictFails(_ sample: SampleCase) async throws {
        let tally = try await run(sample.line(verdict: sample.wrongVerdict))
        #expect(tally.summary == "0 passed, 1 failed, 0 skipped")
        let difference = try #require(tally.failures.first?.differences.first)
        #expect(difference.member == "verdict")
        #expect(difference.expected == "\"\(sample.wrongVerdict)\"")
        #expect(difference.got == "\"\(sample.verdict)\"")
    }

    @Test(arguments: SampleCase.all) func eitherVerdictPasses(_ sample: SampleCase) async throws {
        #expect(try await run(sample.line(verdict: "either")).passed == 1)
    }

    /// For each member that the format names, a value that is wrong.
    @Test(arguments: [
        (SampleCase.records[0], "id", "\"A\""), (SampleCase.records[0], "id", "null"),
        (SampleCase.records[0], "extensions", #"[["z","1"],["x","y"]]"#), (SampleCase.records[3], "id", "\"a\""),
        (SampleCase.reportingRecords[0], "rua", #"["mailto:a@x.example"]"#),
        (SampleCase.reportingRecords[0], "unusable_rua", "[]"), (SampleCase.reportingRecords[0], "extensions", "[]"),
        (SampleCase.reports[0], "sessions", "[[5,3],[0,0]]"), (SampleCase.reports[0], "sessions", "[[3,5]]"),
        (SampleCase.reports[0], "policy_type", "\"tlsa\""), (SampleCase.reports[0], "result_type", "null"),
        (SampleCase.reports[0], "start", "\"2026-01-01T00:00:01Z\""), (SampleCase.reports[0], "end", "null"),
        (SampleCase.policies[0], "mode", "\"enforce\""), (SampleCase.policies[0], "max_age", "61"),
        (SampleCase.policies[0], "max_age", "\"60\""), (SampleCase.policies[0], "mx", #"["*.b.example","A.example"]"#),
        (SampleCase.policies[0], "mx", #"["a.example","*.b.example"]"#), (SampleCase.policies[0], "extensions", "[]"),
        (SampleCase.certificates[0], "result_type", "\"validation-failure\""),
        (SampleCase.certificates[1], "result_type", "\"validation-failure\""),
        (SampleCase.certificates[9], "result_type", "null"), (SampleCase.walks[0], "via", "\"z.a.example\""),
        (SampleCase.walks[0], "policy_type", "\"tlsa\""), (SampleCase.walks[1], "via", "\"a.example\""),
        (SampleCase.walks[1], "results", "[]"), (SampleCase.walks[2], "results", #"[["a.example","success"]]"#),
        (SampleCase.fetches[0], "result_type", "\"sts-policy-invalid\""),
        (SampleCase.fetches[2], "result_type", "\"sts-policy-invalid\""), (SampleCase.caches[0], "fetches", "0"),
        (SampleCase.caches[0], "report", "\"sts-policy-invalid\""), (SampleCase.caches[3], "report", "null"),
        (SampleCase.caches[0], "alert", "true"), (SampleCase.refreshes[5], "alert", "false"),
    ])
    func aWrongMemberFails(_ sample: SampleCase, _ member: String, _ value: String) async throws {
        let expect = #"{"verdict":"\#(sample.verdict)","\#(member)":\#(value)}"#
        let line = #"{"id":"a","kind":"\#(sample.kind)","input":\#(sample.input),"expect":\#(expect)}"#
        let tally = try await run(line)
        let differences = try #require(tally.failures.first?.differences)
        #expect(Set(differences.map(\.member)) == [member])
        #expect(differences.first?.expected == value)
    }

    @Test func aMemberLeftOutIsNotCompared() async throws {
        for sample in SampleCase.all {
            let expect = #"{"verdict":"\#(sample.verdict)"}"#
            let line = #"{"id":"a","kind":"\#(sample.kind)","input":\#(sample.input),"expect":\#(expect)}"#
            #expect(try await run(line).passed == 1, "\(sample.testDescription)")
        }
    }

    /// Texts are compared by their octets: `é` may be one scalar or two.
    @Test func equivalentTextsDiffer() async throws {
        let body = #""version: STSv1\nmode: none\nmax_age: 1\nx: caf\u00e9\n""#
        let wrong = #"{"verdict":"accept","extensions":[["x","cafe\u0301"]]}"#
        #expect(try await run(#"{"id":"a","kind":"policy","input":\#(body),"expect":\#(wrong)}"#).failed == 1)
        let right = #"{"verdict":"accept","extensions":[["x","caf\u00e9"]]}"#
        #expect(try await run(#"{"id":"a","kind":"policy","input":\#(body),"expect":\#(right)}"#).passed == 1)
    }

    @Test(arguments: [
        ("policy", #""version: STSv1\nmode: none\n\nmax_age: 1\n""#, "accept", "reject"),
        ("mx-match", #"{"pattern":"a.example.","host":"a.example"}"#, "match", "no-match"),
        ("tlsrpt-report", SampleCase.report(#""policy-type":"sts","policy-string":"a""#), "accept", "reject"),
    ])
    func theStrictModeIsComparedToo(_ kind: String, _ input: String, _ verdict: String, _ strict: String) async throws {
        let head = #"{"id":"a","kind":"\#(kind)","input":\#(input),"expect":{"verdict":"\#(verdict)"}"#
        #expect(try await run(head + #","expect_strict":{"verdict":"\#(strict)"}}"#).passed == 1)
        // Without a word on it the strict mode is expected to do the same.
        for line in [head + "}", head + #","expect_strict":{"verdict":"\#(verdict)"}}"#] {
            let difference = try #require(try await run(line).failures.first?.differences)
            #expect(difference.map(\.isStrict) == [true])
            #expect(difference.first?.got == "\"\(strict)\"")
        }
    }

    @Test func aGETThatMayNotHappenFails() async throws {
        let input = #"{"cached":null,"txt":["v=STSv1; id=1"],"fetch":null}"#
        let tally = try await run(#"{"id":"a","kind":"cache","input":\#(input),"expect":{"verdict":"no-policy"}}"#)
        #expect(tally.failures.first?.differences.first?.got == #""no-policy, a GET that may not happen""#)
    }

    @Test func countsAddUpAndFailuresAreLocated() async throws {
        let lines = [
            #"{"id":"r1","kind":"record","input":"v=STSv1; id=a","expect":{"verdict":"accept"}}"#,
            #"{"id":"t1","kind":"tlsrpt-record","input":"x","expect":{"verdict":"reject"}}"#,
            #"{"id":"r2","kind":"record","input":"v=STSv1; id=a","expect":{"verdict":"accept","id":"b"}}"#,
            #"{"id":"s1","kind":"socketmap","input":{"netstring":"00:,"},"expect":{"verdict":"either"}}"#,
            #"{"id":"s2","kind":"socketmap","input":{"netstring":"1:,"},"expect":{"verdict":"reject","value":"x"}}"#,
            #"{"id":"s3","kind":"socketmap","input":"{}","expect":{"verdict":"reject"}}"#,
        ]
        for text in [lines.joined(separator: "\n"), lines.joined(separator: "\r\n") + "\r\n"] {
            let tally = try await run(text, file: "some/file.jsonl")
            #expect(tally.summary == "2 passed, 1 failed, 3 skipped")
            #expect(tally.skippedByKind == ["socketmap": 3])
            #expect(
                tally.failures.map(\.description) == [
                    "FAIL r2 (record) some/file.jsonl:3\n    id: expected \"b\", got \"a\""
                ]
            )
        }
        #expect(try await run("").summary == "0 passed, 0 failed, 0 skipped")
    }
}
