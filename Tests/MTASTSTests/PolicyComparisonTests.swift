// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MTASTS

@Suite("Comparing policies")
struct PolicyComparisonTests {
    private func policy(
        _ mode: STSPolicy.Mode = .enforce,
        maxAge: Int = 604_800,
        mx: [String] = ["mx1.example.com", "*.example.net"],
        more: String = ""
    ) throws -> STSPolicy {
        let patterns = mx.map { "mx: \($0)\n" }.joined()
        return try STSPolicy(
            parsing: Array("version: STSv1\nmode: \(mode.rawValue)\n\(patterns)max_age: \(maxAge)\n\(more)".utf8)
        )
    }

    private func signs(_ old: STSPolicy, _ new: STSPolicy) -> [DowngradeSign] {
        func entry(_ policy: STSPolicy) -> CachedPolicy {
            CachedPolicy(policy: policy, recordID: nil, fetchedAt: UnixTime(secondsSinceEpoch: 0))
        }
        return DowngradeSign.signs(from: entry(old), to: entry(new))
    }

    @Test("The same policy has the same id, however it is written")
    func sameContentID() throws {
        let id = try policy().contentID
        let texts = [
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 604800",
            "max_age:604800 \nmx: mx1.example.com\nmode: \t enforce\nmx: *.example.net\t\nversion: STSv1\n",
            "version: STSv1\nmode: enforce\nmode: none\nmx: mx1.example.com\nmx: *.example.net\nmx: mx1.example.com\n"
                + "max_age: 604800\n",
        ]
        for text in texts { #expect(try STSPolicy(parsing: Array(text.utf8)).contentID == id, "\(text)") }
        #expect(try policy().contentID == id)
    }

    @Test("Any change gives another id")
    func otherContentID() throws {
        let variants = [
            try policy(), try policy(.testing), try policy(.none), try policy(maxAge: 604_801), try policy(maxAge: 0),
            try policy(mx: ["mx1.example.com"]), try policy(mx: ["*.example.net", "mx1.example.com"]),
            try policy(mx: ["mx1.example.com", "*.example.org"]), try policy(mx: ["mx1.example.com", "a.example.net"]),
            try policy(more: "foo: bar\n"), try policy(more: "foo: baz\n"), try policy(more: "foo: bar\nx: y\n"),
            try policy(more: "x: y\nfoo: bar\n"), try policy(.none, mx: []),
        ]
        #expect(Set(variants.map(\.contentID)).count == variants.count)
        #expect(Set(variants).count == variants.count)
    }

    @Test("Ids are 1 to 32 ASCII letters and digits, and many are all different")
    func contentIDGrammar() throws {
        var ids: Set<STSRecord.ID> = []
        for number in 0..<2_000 {
            let id = try policy(maxAge: 86_400 + number).contentID
            let text = id.description
            #expect((1...32).contains(text.utf8.count))
            #expect(STSRecord.ID(text) == id)
            #expect(try STSRecord(parsing: "v=STSv1; id=\(text)").id == id)
            ids.insert(id)
        }
        #expect(ids.count == 2_000)
    }

    @Test("The same policy shows no sign, nor does a stronger one")
    func noSigns() throws {
        #expect(try signs(policy(), policy()).isEmpty)
        #expect(try signs(policy(.none, mx: []), policy()).isEmpty)
        #expect(try signs(policy(.testing), policy()).isEmpty)
        #expect(try signs(policy(), policy(maxAge: 31_557_600)).isEmpty)
        #expect(try signs(policy(), policy(mx: ["MX1.example.com"])).isEmpty)
        #expect(try signs(policy(), policy(mx: ["mx1.example.com", "*.EXAMPLE.net"])).isEmpty)
    }

    @Test(
        "A weaker mode",
        arguments: [
            (STSPolicy.Mode.enforce, STSPolicy.Mode.testing, true), (.enforce, .none, true), (.testing, .none, true),
            (.testing, .enforce, false), (.none, .enforce, false), (.none, .testing, false), (.none, .none, false),
        ]
    )
    func weakerMode(old: STSPolicy.Mode, new: STSPolicy.Mode, isWeaker: Bool) throws {
        #expect(try signs(policy(old), policy(new)) == (isWeaker ? [.modeWeakened] : []))
    }

    @Test(
        "Patterns that no old pattern covers",
        arguments: [
            (["mx1.example.com"], ["mx2.example.com"], true),
            (["mx1.example.com"], ["mx1.example.com", "mx2.example.com"], true),
            (["*.example.com"], ["mx1.example.com", "MX2.Example.com"], false),  // a wildcard covers hosts below it
            (["*.example.com"], ["a.b.example.com"], true),  // one label alone
            (["*.example.com"], ["example.com"], true),
            (["mx1.example.com"], ["*.example.com"], true),
            (["*.example.com"], ["*.a.example.com"], true),
            (["*.example.com"], ["*.example.com"], false),
            (["*.example.com", "mx.example.net"], ["mx.example.net"], false),
            (["mx1.example.com"], ["mx1.example.com", "192.0.2.1"], false),  // matches nothing
            (["192.0.2.1", "mx.example.com"], ["mx.example.com"], false),
        ]
    )
    func widerPatterns(old: [String], new: [String], isWider: Bool) throws {
        #expect(try signs(policy(mx: old), policy(mx: new)) == (isWider ? [.mxWidened] : []))
        // Mode none lets everything in anyway.
        #expect(try !signs(policy(.none, mx: old), policy(mx: new)).contains(.mxWidened))
        #expect(try signs(policy(mx: old), policy(.none, mx: new)) == [.modeWeakened])
    }

    @Test(
        "A max_age of less than half",
        arguments: [
            (1_000, 500, false), (1_000, 499, true), (1_000, 0, true), (1, 0, false), (0, 0, false), (10, 1_000, false),
        ]
    )
    func shorterMaxAge(old: Int, new: Int, isShorter: Bool) throws {
        #expect(try signs(policy(maxAge: old), policy(maxAge: new)) == (isShorter ? [.maxAgeShrunk] : []))
    }

    @Test("Several signs at once")
    func severalSigns() throws {
        let new = try policy(.testing, maxAge: 60, mx: ["mx.attacker.example"])
        #expect(try signs(policy(), new) == [.modeWeakened, .mxWidened, .maxAgeShrunk])
    }

    @Test("Two policies of thousands of patterns are compared in linear time", .timeLimit(.minutes(1)))
    func manyPatterns() throws {
        let old = try policy(mx: (0..<3_000).map { "a\($0).x.example" })
        let new = try policy(mx: (0..<3_000).map { "b\($0).x.example" })
        #expect(signs(old, new) == [.mxWidened])
        let covered = try policy(mx: (1..<3_000).map { "*.x\($0).example" } + ["mx.example"])
        let below = try policy(mx: (1..<3_000).map { "a.x\($0).example" })
        #expect(signs(covered, below).isEmpty)
    }
}
