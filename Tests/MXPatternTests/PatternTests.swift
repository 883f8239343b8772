// SPDX-License-Identifier: Apache-2.0

import MXPattern
import RequirementTrait
import Testing
import VectorSupport

@Suite("MXPattern: parsing")
struct PatternTests {
    @Test(
        "vectors",
        .proves("R-POL-06", "R-POL-07", "R-POL-16"),
        arguments: try Vectors.load("pattern", as: PatternVector.self)
    )
    func vector(_ vector: PatternVector) throws {
        let text = try #require(vector.input.text)
        try check(vector.expect, Result { () throws(MXPattern.ParseError) in try MXPattern(parsing: text) })
        try check(
            vector.strict ?? vector.expect,
            Result { () throws(MXPattern.ParseError) in try MXPattern(strictlyParsing: text) }
        )
    }

    private func check(
        _ expect: PatternVector.Expectation,
        _ result: Result<MXPattern, MXPattern.ParseError>
    ) throws {
        switch result {
        case .success(let pattern):
            #expect(expect.error == nil)
            #expect(pattern.description == expect.pattern)
            #expect(pattern.isWildcard == expect.wildcard)
            #expect(pattern.isInert == expect.inert)
        case .failure(let error):
            let expected = try #require(expect.error, "refused: \(error)")
            #expect(error.code.rawValue == expected.code)
            #expect(error.offset == expected.offset)
            #expect(!error.description.isEmpty)
        }
    }

    @Test(arguments: [
        ("a.*.example", "a star is allowed only as the whole left-most label (octet 3)"),
        ("a b.example", "octet 2 is no letter, digit or hyphen"),
        ("a.example.", "the final dot at octet 10 is outside the grammar"),
    ])
    func faultForPeople(_ text: String, _ words: String) {
        let error = #expect(throws: MXPattern.ParseError.self) { try MXPattern(strictlyParsing: text) }
        #expect(error?.description == words)
    }

    @Test(.proves("R-MX-02")) func caseOfLettersDoesNotCount() throws {
        let patterns = try ["*.Example.NET", "*.example.net", "*.EXAMPLE.net."].map { try MXPattern(parsing: $0) }
        #expect(Set(patterns).count == 1)
        #expect(patterns.map(\.description) == ["*.Example.NET", "*.example.net", "*.EXAMPLE.net"])
        #expect(try MXPattern(parsing: "example.net") != patterns[0])
    }

    /// Each octet inside a label, strictly and by default, against the classes written out.
    @Test(.proves("R-POL-06")) func everyOctet() {
        let strict = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.".utf8)
        for octet in UInt8.min..<0x80 {
            let text = "a" + String(decoding: [octet], as: UTF8.self) + "a"
            #expect(((try? MXPattern(strictlyParsing: text)) != nil) == strict.contains(octet), "octet \(octet)")
            let isTaken = strict.contains(octet) || octet == 0x5F
            #expect(((try? MXPattern(parsing: text)) != nil) == isTaken, "octet \(octet)")
        }
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            "a", "B", "0", "-", "_", ".", ".", "*.", "*", "0x", "example", "é", " ", "[",
            String(repeating: "l", count: 62),
        ].map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<5000 {
            let text = String(decoding: random.sentence(of: words, below: 9), as: UTF8.self)
            let lenient = try? MXPattern(parsing: text)
            if let strict = try? MXPattern(strictlyParsing: text) {
                #expect(lenient?.description == strict.description, "seed \(seed): \(text)")
                #expect(strict.description == text, "seed \(seed): \(text)")
            }
            guard let lenient else { continue }
            accepted += 1
            let again = try MXPattern(parsing: lenient.description)
            #expect(again == lenient && again.description == lenient.description, "seed \(seed): \(text)")
            #expect(again.isInert == lenient.isInert && again.isWildcard == lenient.isWildcard, "seed \(seed): \(text)")
            #expect(lenient.isWildcard == text.hasPrefix("*."), "seed \(seed): \(text)")
        }
        #expect(accepted > 300, "seed \(seed): too few patterns to mean something")
    }
}
