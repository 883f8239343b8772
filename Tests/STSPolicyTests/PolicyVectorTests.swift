// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSPolicy
import Testing
import VectorSupport

@Suite("STSPolicy: vectors")
struct PolicyVectorTests {
    @Test(
        "policies",
        .proves(
            "R-POL-01",
            "R-POL-02",
            "R-POL-03",
            "R-POL-04",
            "R-POL-05",
            "R-POL-06",
            "R-POL-07",
            "R-POL-08",
            "R-POL-09",
            "R-POL-10",
            "R-POL-11",
            "R-POL-12",
            "R-POL-13",
            "R-POL-14",
            "R-POL-15",
            "R-POL-16"
        ),
        arguments: try Vectors.load(["policy", "field-policy"], as: PolicyVector.self)
    )
    func policy(_ vector: PolicyVector) throws {
        let octets = vector.input.value
        let lenient = Result { () throws(STSPolicy.ParseError) in try STSPolicy(parsing: octets) }
        let strict = Result { () throws(STSPolicy.ParseError) in try STSPolicy(strictlyParsing: octets) }
        try check(vector.expect, lenient)
        try check(vector.strict ?? vector.expect, strict)
        if case .success(let policy) = strict { #expect(try lenient.get() == policy) }
        guard let text = vector.input.text else { return }
        let byText = Result { () throws(STSPolicy.ParseError) in try STSPolicy(parsing: text) }
        let strictByText = Result { () throws(STSPolicy.ParseError) in try STSPolicy(strictlyParsing: text) }
        #expect(byText == lenient && strictByText == strict)
    }

    private func check(
        _ expect: PolicyVector.Expectation,
        _ result: Result<STSPolicy, STSPolicy.ParseError>
    ) throws {
        if expect.either == true { return }
        switch result {
        case .success(let policy):
            #expect(expect.error == nil)
            #expect(policy.mode.rawValue == expect.mode)
            #expect(policy.maxAge == expect.maxAge)
            #expect(policy.mx.map(\.description) == expect.mx)
            if let inert = expect.inert {
                #expect(policy.mx.filter(\.isInert).map(\.description) == inert)
            }
            if let extensions = expect.extensions { #expect(policy.fields == extensions) }
        case .failure(let error):
            let expected = try #require(expect.error, "refused: \(error)")
            if let code = expected.code { #expect(error.code.word == code) }
            if let offset = expected.offset { #expect(error.offset == offset) }
            if let line = expected.line { #expect(error.line == line) }
            if let detail = expected.detail { #expect(error.code.detail == detail) }
            #expect(!error.description.isEmpty)
        }
    }

    @Test(
        "policies to be written",
        .proves("R-POL-19", "R-POL-20"),
        arguments: try Vectors.load(["policy-write", "field-policy-write"], as: PolicyWriteVector.self)
    )
    func written(_ vector: PolicyWriteVector) throws {
        let outcome = write(vector.policy)
        switch outcome {
        case .success(let policy):
            let text = try #require(vector.expect.text, "written: \(policy)")
            #expect(policy.description == text)
            #expect(policy.text(lineEnding: .lf) == text.replacing("\r\n", with: "\n"))
            // It must never print what the strict reader refuses.
            #expect(try STSPolicy(strictlyParsing: policy.description) == policy)
            #expect(try STSPolicy(strictlyParsing: policy.text(lineEnding: .lf)) == policy)
        case .failure(let refusal):
            let expected = try #require(vector.expect.error, "refused: \(refusal.word)")
            if let code = expected.code { #expect(refusal.word == code) }
        }
    }

    private struct Refusal: Error {
        let word: String
    }

    private func write(_ content: PolicyWriteVector.Content) -> Result<STSPolicy, Refusal> {
        guard let mode = STSPolicy.Mode(rawValue: content.mode) else { return .failure(Refusal(word: "mode")) }
        let mx = content.mx.compactMap { try? MXPattern(parsing: $0) }
        guard mx.count == content.mx.count else { return .failure(Refusal(word: "mx")) }
        let extensions = content.extensions.compactMap { STSPolicy.Extension(name: $0.name, value: $0.value) }
        guard extensions.count == content.extensions.count else { return .failure(Refusal(word: "extension")) }
        do throws(STSPolicy.WriteError) {
            return .success(try STSPolicy(mode: mode, maxAge: content.maxAge, mx: mx, extensions: extensions))
        } catch {
            return .failure(Refusal(word: error.word))
        }
    }
}

extension STSPolicy {
    /// The extensions in the vectors' form.
    var fields: [Field] { extensions.map { Field($0.name, $0.value) } }
}

extension STSPolicy.ParseError.Code {
    /// The name of the code in the vectors.
    var word: String {
        if case .mx = self { "mx" } else { "\(self)" }
    }

    /// The code within `mx`.
    var detail: String? {
        if case .mx(let code) = self { code.rawValue } else { nil }
    }
}

extension STSPolicy.WriteError {
    /// The name of the error in the vectors.
    var word: String {
        switch self {
        case .maxAge: "maxAge"
        case .missingMX: "missingMX"
        case .underscore: "underscore"
        case .tooLarge: "tooLarge"
        }
    }
}
