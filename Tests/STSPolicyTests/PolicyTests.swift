// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSPolicy
import Testing
import VectorSupport

@Suite("STSPolicy: values, text, limits")
struct PolicyTests {
    static let text = "version: STSv1\nmode: enforce\nmx: a.example\nmx: *.b.example\nmax_age: 86400\nfoo: b€r\n"

    @Test(arguments: [
        ("a.*.example", "a star in the wrong place"), ("a b.example", "labels hold letters, digits and hyphens only"),
        ("m\u{F8}x.example", "not ASCII"), ("a.example.", "a final dot"), ("a_b.example", "an underscore"),
    ])
    func mxFaultForPeople(_ value: String, _ reason: String) {
        let error = #expect(throws: STSPolicy.ParseError.self) {
            try STSPolicy(strictlyParsing: "version: STSv1\nmx: \(value)\n")
        }
        #expect(error?.description == "line 2: the mx value is not a host name or *. and a host name (\(reason))")
    }

    /// Equality is that of meaning; the text is another question.
    @Test(
        .proves("R-POL-10", "R-POL-12"),
        arguments: [
            "mode: enforce\r\nversion: STSv1\r\nmax_age: 0000086400\r\nmx: a.example\r\nmx:*.b.example\r\nfoo:b€r",
            "version: STSv1 \nmode: enforce\nmx: a.example\nmx: a.example\nmx: *.b.example\nmax_age: 86400\nfoo: b€r\nfoo: x\nmode: none\n",
            "\nversion: STSv1\n\nmode: enforce\nmx: a.example.\nmx: *.b.example.\nmax_age: 86400\nfoo: b€r\n\n",
        ]
    )
    func sameMeaning(_ other: String) throws {
        let (first, second) = (try STSPolicy(parsing: Self.text), try STSPolicy(parsing: other))
        #expect(first == second)
        #expect(first.hashValue == second.hashValue)
        #expect(!first.hasSameText(as: second))
        #expect(first.description == second.description)
    }

    @Test(arguments: [
        ("enforce", "testing"), ("86400", "86401"), ("a.example", "c.example"), ("a.example", "A.example"),
        ("b€r", "bar"), ("foo", "Foo"),
        ("mx: a.example\nmx: *.b.example", "mx: *.b.example\nmx: a.example"), ("mx: *.b.example\n", ""),
        ("foo: b€r\n", ""),
    ])
    func otherMeaning(_ old: String, _ new: String) throws {
        let other = try STSPolicy(parsing: Self.text.replacing(old, with: new))
        #expect(try STSPolicy(parsing: Self.text) != other)
    }

    /// The "policy-string" of a report needs the text as it was served (RFC 8460 section 4.4).
    @Test(.proves("R-POL-04", "R-POL-17")) func textIsKeptOctetByOctet() throws {
        let served = Array("\r\nmode: none \r\nversion:\tSTSv1\nmax_age: 9999999999\r\n\r\nx: \u{FEFF}y\n".utf8)
        let policy = try STSPolicy(parsing: served)
        #expect(policy.text == served)
        #expect(policy.maxAge == STSPolicy.maximumMaxAge)
        #expect(policy.extensions == [STSPolicy.Extension(name: "x", value: "\u{FEFF}y")])
        let copy = policy
        #expect(copy.hasSameText(as: policy))
        let shared = policy.text.withUnsafeBufferPointer { first in
            copy.text.withUnsafeBufferPointer { $0.baseAddress == first.baseAddress }
        }
        #expect(shared, "copies of a policy share one buffer")
        #expect(try STSPolicy(parsing: served).hasSameText(as: policy))
    }

    @Test func patternsAreACollection() throws {
        let policy = try STSPolicy(parsing: Self.text)
        #expect(policy.mx.count == 2)
        #expect(policy.mx[1].description == "*.b.example")
        #expect(policy.mx.reversed().map(\.description) == ["*.b.example", "a.example"])
        #expect(try STSPolicy(parsing: "version: STSv1\nmode: none\nmax_age: 0").mx.isEmpty)
    }

    @Test func writerRefusesATextThatSendersWouldNotRead() throws {
        let value = try #require(STSPolicy.Extension(name: "x", value: String(repeating: "y", count: 65_500)))
        let size = "version: STSv1\r\nmode: none\r\nmax_age: 1\r\nx: \r\n".utf8.count + 65_500
        #expect(throws: STSPolicy.WriteError.tooLarge(octets: size)) {
            try STSPolicy(mode: .none, maxAge: 1, mx: [], extensions: [value])
        }
        let fitting = try #require(
            STSPolicy.Extension(name: "x", value: String(repeating: "y", count: 65_536 - size + 65_500))
        )
        #expect(try STSPolicy(mode: .none, maxAge: 1, mx: [], extensions: [fitting]).text.count == 65_536)
    }

    @Test(.proves("R-POL-04", "R-POL-14")) func aLenientPolicyPrintsWhatItMeans() throws {
        let policy = try STSPolicy(parsing: "\nversion: STSv1\nmode: enforce\nmx: a_b.example.\nmax_age: 99999999")
        #expect(policy.description == "version: STSv1\r\nmode: enforce\r\nmx: a_b.example\r\nmax_age: 31557600\r\n")
        #expect(try STSPolicy(parsing: policy.description) == policy)
    }

    @Test(
        .proves("R-POL-13"),
        arguments: [
            ("", "1"), ("mx", "1"), ("mode", "1"), ("version", "1"), ("max_age", "1"), ("_a", "1"), ("a b", "1"),
            ("é", "1"), ("a:", "1"), ("a", ""),
            ("a", " "), ("a", " b"), ("a", "b "), ("a", "b\t"), ("a", "b\tc"), ("a", "b\n"), ("a", "b\0"),
            ("a", "\u{7F}"),
            (String(repeating: "n", count: 33), "1"),
        ]
    )
    func notAnExtension(_ name: String, _ value: String) {
        #expect(STSPolicy.Extension(name: name, value: value) == nil)
    }

    @Test(
        .proves("R-POL-11"),
        arguments: [
            ("a", "b c"), ("MX", "1"), ("a", "=;:"), ("a", "€ 😀"), ("a", "\u{85}"),
            (String(repeating: "n", count: 32), "1"),
        ]
    )
    func anExtension(_ name: String, _ value: String) throws {
        let field = try #require(STSPolicy.Extension(name: name, value: value))
        let policy = try STSPolicy(mode: .none, maxAge: 1, mx: [], extensions: [field])
        #expect(policy.extensions == [field])
        #expect(try STSPolicy(strictlyParsing: policy.description).extensions == [field])
    }

    /// 16 times the octets take about 16 times as long, not 256 times.
    @Test(.proves("R-POL-18"), arguments: WorstShape.all)
    func linearTime(_ shape: WorstShape) throws {
        let parse: ([UInt8]) -> Void = { octets in
            guard let policy = try? STSPolicy(parsing: octets) else { return }
            _ = policy.extensions.count + policy.mx.count
        }
        let small = shape.seconds(octets: 4096, parse)
        let middle = shape.seconds(octets: 16_384, parse)
        let large = shape.seconds(octets: 65_536, parse)
        #expect(large < 80 * small + 0.05 && middle < 20 * small + 0.05, "\(small) s, \(middle) s, \(large) s")
    }
}

/// A piece that changes with its number, repeated up to a size.
struct WorstShape: CustomStringConvertible, Sendable {
    let description: String
    let piece: @Sendable (Int) -> String

    static let all = [
        WorstShape(description: "different mx") { "mx: \($0).a\n" },
        WorstShape(description: "one mx repeated") { _ in "mx: a\n" },
        WorstShape(description: "mx of one length and end") { "mx: \(100_000 + $0).example.com\n" },
        WorstShape(description: "different extensions") { "k\($0): 1\n" },
        WorstShape(description: "one extension repeated") { _ in "x:1\n" },
        WorstShape(description: "empty lines") { _ in "\n" },
        WorstShape(description: "blanks") { _ in " " },
        WorstShape(description: "lines of blanks") { _ in "                \r\n" },
        WorstShape(description: "CR") { _ in "\r" },
        WorstShape(description: "blanks after the colon") { _ in "x:                                1\n" },
        WorstShape(description: "a long value") { $0 == 0 ? "x: " : "é" },
        WorstShape(description: "a long mx") { $0 == 0 ? "mx: " : "a." },
        WorstShape(description: "a long name") { _ in "n" },
        WorstShape(description: "repeated modes") { _ in "mode: none\n" },
    ]

    /// The shortest of several runs, in seconds.
    func seconds(octets size: Int, _ run: ([UInt8]) -> Void) -> Double {
        var text = "version: STSv1\nmode: none\nmax_age: 1\n"
        var number = 0
        while text.utf8.count < size - 64 {
            text += piece(number)
            number += 1
        }
        let octets = Array(text.utf8)
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in clock.measure { run(octets) } }.min() ?? .zero
        return best / .seconds(1)
    }
}
