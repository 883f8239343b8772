// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSPolicy
import Testing
import VectorSupport

@Suite("STSPolicy: properties")
struct PolicyPropertyTests {
    static let words = [
        "version: STSv1\n", "mode: enforce\n", "mode: none\r\n", "mx: a.b\n", "max_age: 60\n", "max_age", "mx", ":",
        ": ", "\n", "\r\n",
        "\r", " ", "\t", "*.", "*", ".", "_", "-", "a", "9", "€", "\0", "\u{7F}", "foo: b c\n", "version:", "x=1;",
    ].map { Array($0.utf8) }

    static let versions = ["version: stsv1", "version:", "Version: STSv1", "version: STSv1 x"].map { Array($0.utf8) }
    static let modes = ["mode: enforce", "mode:testing", "mode: none \t", "mode: enforce"].map { Array($0.utf8) }
    static let ages = [
        "max_age: 31557600", "max_age:0", "max_age: 0000000060\t", "max_age: 604800", "max_age: 86400",
        "max_age: 31557601",
    ].map { Array($0.utf8) }
    static let patterns = ["mx: a.b", "mx:A.b", "mx: *.c.d", "mx: a.b ", "mx: 1.2.3.4", "mx:\tx-y.z"].map {
        Array($0.utf8)
    }
    static let odd = [
        "foo: bar", "x: 1", "x: a b", "mode: bogus", "version: 2", "max_age: no", "€: 1", "y: €", "foo:", "", " ",
        "Mx: b",
        "mx: a_b.c", "mx: e.f.", "mx: *", "mode: Enforce", "max_age: 9999999999", "max_age: -1", "max_age: 00000000001",
    ].map { Array($0.utf8) }
    static let lineEnds = ["\n", "\r\n"].map { Array($0.utf8) }
    static let oddLineEnds = ["\r", "\n\n", "", "\r\r\n"].map { Array($0.utf8) }

    /// A policy that is often valid: the four fields in any order, some more, and line ends of both kinds.
    static func sentence(_ random: inout SeededGenerator) -> [UInt8] {
        var lines = [
            random.once(in: 40) ? random.pick(versions) : Array("version: STSv1".utf8), random.pick(modes),
            random.pick(ages),
        ]
        for _ in 0..<random.below(4) { lines.append(random.pick(patterns)) }
        if random.once(in: 3) { lines.append(random.pick(odd)) }
        lines.shuffle(using: &random)
        var octets: [UInt8] = []
        for line in lines { octets += line + (random.once(in: 60) ? random.pick(oddLineEnds) : random.pick(lineEnds)) }
        return random.once(in: 3) ? octets.dropLast() : octets
    }

    static func input(_ random: inout SeededGenerator, _ seeds: [[UInt8]]) -> [UInt8] {
        switch random.below(8) {
        case 0: random.once(in: 2) ? random.octets(below: 64) : random.sentence(of: words, below: 10)
        case 1, 2: random.mutation(of: random.pick(seeds))
        case 3: random.mutation(of: sentence(&random))
        default: sentence(&random)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        try Vectors.load("policy", as: PolicyVector.self).map(\.input.value).filter { $0.count < 200 }
    }

    /// Parser and reference agree on every input in both readings; what is taken prints and parses back to itself;
    /// what the strict reader takes the default reader takes with the same values.
    @Test(
        .proves("R-POL-08", "R-POL-09", "R-POL-12", "R-POL-14", "R-POL-18", "R-POL-19"),
        arguments: 1...4 as ClosedRange<UInt64>
    )
    func againstReference(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let seeds = try Self.seeds()
        var (accepted, strictlyAccepted) = (0, 0)
        for round in 0..<25_000 {
            if round.isMultiple(of: 100) { await Task.yield() }  // others have clocks that run
            let octets = Self.input(&random, seeds)
            let policy = try? STSPolicy(parsing: octets)
            let strict = try? STSPolicy(strictlyParsing: octets)
            if policy.map(ReferencePolicy.init) != ReferencePolicy(octets, isStrict: false)
                || strict.map(ReferencePolicy.init) != ReferencePolicy(octets, isStrict: true)
                || (strict != nil && strict != policy)
            {
                let text = String(reflecting: String(decoding: octets, as: UTF8.self))
                Issue.record("seed \(seed): \(text): \(policy as Any), strict \(strict as Any)")
            }
            if strict != nil { strictlyAccepted += 1 }
            guard let policy else { continue }
            accepted += 1
            if accepted.isMultiple(of: 8), try STSPolicy(parsing: policy.description) != policy {
                Issue.record("seed \(seed): \(policy.description) does not parse back to itself")
            }
        }
        #expect((5_000...22_000).contains(accepted), "seed \(seed): \(accepted) of 25,000 are policies")
        #expect((2_500..<accepted).contains(strictlyAccepted), "seed \(seed): \(strictlyAccepted) are strictly")
    }

    /// The reference itself is held to the vectors, or it would prove nothing.
    @Test("the reference and the vectors", arguments: try Vectors.load("policy", as: PolicyVector.self))
    func reference(_ vector: PolicyVector) {
        for (expect, isStrict) in [(vector.expect, false), (vector.strict ?? vector.expect, true)] {
            let policy = ReferencePolicy(vector.input.value, isStrict: isStrict)
            #expect(policy?.mode == expect.mode)
            #expect(policy?.maxAge == expect.maxAge)
            #expect(policy?.mx == expect.mx)
            if let extensions = expect.extensions { #expect(policy?.extensions == extensions) }
        }
    }

    /// First wins and repeats go, below and above the number of entries at which the parser begins to hash.
    @Test(.proves("R-POL-12"), arguments: 0...40)
    func repeats(count: Int) throws {
        for distinct in [1, 2, 7, 8, 9, 10, 16, 40] {
            var random = SeededGenerator(seed: UInt64(count * 100 + distinct))
            let names = (0..<count).map { _ in "m\(random.below(distinct)).example" }
            let fields = (0..<count).map { Field("k\(random.below(distinct))", "\($0)") }
            let text =
                "version: STSv1\nmode: none\nmax_age: 1\n" + names.map { "mx: \($0)\n" }.joined()
                + fields.map { "\($0.name): \($0.value)\n" }.joined()
            let policy = try STSPolicy(strictlyParsing: text)
            var firstNames: [String] = []
            for name in names where !firstNames.contains(name) { firstNames.append(name) }
            var firstFields: [Field] = []
            for field in fields where !firstFields.contains(where: { $0.name == field.name }) {
                firstFields.append(field)
            }
            #expect(policy.mx.map(\.description) == firstNames)
            #expect(policy.fields == firstFields)
        }
    }

    /// A policy matches a host exactly if one of its patterns does.
    @Test(.proves("R-MX-01"), arguments: try Vectors.load(["match", "field-match"], as: MatchVector.self))
    func matchesAsItsPatternsDo(_ vector: MatchVector) throws {
        guard let pattern = try? MXPattern(parsing: vector.pattern), let host = DomainName(vector.host) else { return }
        let head = "version: STSv1\nmode: enforce\nmax_age: 1\nmx: other.invalid\n"
        let policy = try STSPolicy(parsing: head + "mx: \(pattern)\nmx: *.other.invalid\n")
        #expect(policy.matches(host) == vector.expect.match)
        #expect(policy.matches(host) == policy.mx.contains { $0.matches(host) })
    }
}

extension ReferencePolicy {
    /// What the parser read, in the reference's form.
    init(_ policy: STSPolicy) {
        self.init(
            mode: policy.mode.rawValue,
            maxAge: policy.maxAge,
            mx: policy.mx.map(\.description),
            extensions: policy.fields
        )
    }
}
