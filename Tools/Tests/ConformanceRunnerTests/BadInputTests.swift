// SPDX-License-Identifier: Apache-2.0

import ConformanceRunner
import Foundation
import Testing

@Suite struct BadInputTests {
    private static let good = #"{"id":"a","kind":"record","input":"v=STSv1; id=a","expect":{"verdict":"accept"}}"#

    @Test(arguments: [
        (#"{"id":"a""#, "no JSON value"),
        ("", "no JSON value"),
        ("\u{FF}", "no JSON value"),
        ("[]", "the case is no object"),
        (#"{"kind":"record","input":"","expect":{"verdict":"accept"}}"#, #"the case has no member "id""#),
        (#"{"id":"a","kind":"recrod","input":"","expect":{"verdict":"accept"}}"#, #"unknown kind "recrod""#),
        (#"{"id":"a","kind":"record","expect":{"verdict":"accept"}}"#, #"the case has no member "input""#),
        (#"{"id":"a","kind":"record","input":""}"#, #"the case has no member "expect""#),
        (#"{"id":"a","kind":"record","input":"","expect":{"id":"a"}}"#, "expect has no verdict"),
        (
            #"{"id":"a","kind":"record","input":"","expect":{"verdict":"match"}}"#,
            #"expect has the unknown verdict "match""#
        ),
        (
            #"{"id":"a","kind":"record","input":"","expect":{"verdict":"accept","mode":"none"}}"#,
            #"expect has the unknown member "mode""#
        ),
        (
            #"{"id":"a","kind":"record","input":"","expect":{"verdict":"accept"},"expect_stict":{}}"#,
            #"the case has the unknown member "expect_stict""#
        ),
    ])
    func aLineThatIsNoCaseIsLocated(_ line: String, _ reason: String) {
        var suite = ConformanceSuite()
        let error = #expect(throws: CaseFileError.self) {
            try suite.addCases(Array("\(Self.good)\n\(line)\n\(Self.good)\n".utf8), file: "f.jsonl")
        }
        #expect(error?.description == "f.jsonl:2: \(reason)")
        #expect(suite.count == 0)
    }

    @Test(arguments: [
        ("record", "7", "accept", "input is neither a string nor a list"),
        ("record", "[7]", "accept", "an item of input is neither a string nor a list of strings"),
        ("policy", "[]", "accept", "input is no string"),
        ("policy-write", #"{"mode":"none","mx":"a","max_age":1}"#, "accept", "input.mx is no list of strings"),
        ("mx-match", #"{"pattern":"a"}"#, "match", #"input has no member "host""#),
        ("mx-match", #"{"pattern":"a","host":"a","hots":"b"}"#, "match", #"input has the unknown member "hots""#),
        (
            "cert-match", #"{"role":"mx","host":"a.example","handshake":"ok","cert":null}"#, "pass",
            "input.cert is at odds with the handshake"
        ),
        (
            "cert-match", #"{"role":"policy-host","host":"a.example","handshake":"alert","cert":null}"#, "pass",
            "input.host is no policy host"
        ),
        (
            "evaluate", #"{"policy":{"mode":"enforce","mx":[]},"mx":[]}"#, "defer",
            "the policy of the case is none: there is no line \"mx: ...\""
        ),
        ("fetch", #"{"dns":"no"}"#, "accept", "input.dns is none of the words of the format"),
        ("fetch", #"{"body_octets":3}"#, "accept", "input.body_octets is no whole number within 72 to \(Int.max)"),
        ("fetch", #"{"address":"a.example"}"#, "accept", "input.address is no address"),
        ("cache", #"{"cached":null,"txt":"refused","fetch":null}"#, "no-policy", "input.txt is no list of strings"),
        (
            "cache", #"{"cached":null,"txt":null,"fetch":null,"callers":0}"#, "no-policy",
            "input.callers is no whole number within 1 to 100000"
        ),
    ])
    func anInputOutsideTheFormatIsLocated(
        _ kind: String,
        _ input: String,
        _ verdict: String,
        _ reason: String
    ) async throws {
        let line = #"{"id":"a","kind":"\#(kind)","input":\#(input),"expect":{"verdict":"\#(verdict)"}}"#
        let error = await #expect(throws: CaseFileError.self) {
            _ = try await run("\(Self.good)\n\(line)\n", file: "f.jsonl")
        }
        #expect(error?.description == "f.jsonl:2: \(reason)")
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        var suite = ConformanceSuite()
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
        let error = #expect(throws: CaseFileError.self) { try suite.addCases(atPath: path) }
        #expect(error?.description == "\(path): cannot be read")
        #expect(error?.line == nil)
    }

    @Test func aFileIsRead() async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).jsonl")
        try Data("\(Self.good)\n\(Self.good)\n".utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        var suite = ConformanceSuite()
        try suite.addCases(atPath: url.path)
        #expect(try await suite.run().summary == "2 passed, 0 failed, 0 skipped")
    }
}
