// SPDX-License-Identifier: Apache-2.0

import MXPattern
import RequirementTrait
import Testing
import VectorSupport

@Suite("MXPattern: matching")
struct MatchTests {
    @Test(
        "vectors",
        .proves("R-POL-16", "R-MX-01", "R-MX-02", "R-MX-03"),
        arguments: try Vectors.load(["match", "field-match"], as: MatchVector.self)
    )
    func vector(_ vector: MatchVector) {
        let host = DomainName(vector.host)
        let lenient = try? MXPattern(parsing: vector.pattern)
        let strict = try? MXPattern(strictlyParsing: vector.pattern)
        #expect(matches(lenient, host) == vector.expect.match)
        let strictAnswer = strict != nil && (vector.strict?.match ?? vector.expect.match)
        #expect(matches(strict, host) == strictAnswer)
    }

    private func matches(_ pattern: MXPattern?, _ host: DomainName?) -> Bool {
        guard let pattern, let host else { return false }
        return pattern.matches(host)
    }

    @Test(
        "vectors of certificate identities",
        .proves("R-FETCH-03", "R-FETCH-04", "R-FETCH-08", "R-MX-08", "R-MX-10"),
        arguments: try Vectors.load(
            ["presented-identifier", "field-presented-identifier"],
            as: PresentedIdentifierVector.self
        )
    )
    func presentedIdentifier(_ vector: PresentedIdentifierVector) throws {
        let host = try #require(DomainName(vector.host))
        #expect(vector.dnsIDs.contains { host.matchesPresentedIdentifier($0.value.span) } == vector.expect.match)
        let texts = vector.dnsIDs.compactMap(\.text)
        if texts.count == vector.dnsIDs.count {
            #expect(host.matchesAnyPresentedIdentifier(texts) == vector.expect.match)
            #expect(texts.contains { host.matchesPresentedIdentifier($0) } == vector.expect.match)
        }
    }

    /// Against RFC 8461 section 4.1 written out over lists of labels.
    @Test(.proves("R-MX-02", "R-MX-03"), arguments: [UInt64(21), 22, 23])
    func againstLabelLists(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let labels = ["a", "B", "b", "mx", "MX", "example", "1", "0x1", "xn--a", "a_b"]
        var matched = 0
        for _ in 0..<10_000 {
            let host = (0...random.below(3)).map { _ in random.pick(labels) }.joined(separator: ".")
            var text = (0...random.below(3)).map { _ in random.pick(labels) }.joined(separator: ".")
            if random.once(in: 2) {
                text = host.split(separator: ".").dropFirst().joined(separator: ".")
                text = text.isEmpty ? "*.a" : "*." + text
            } else if random.once(in: 2) {
                text = host.uppercased()
            }
            guard let name = DomainName(host) else { continue }
            let pattern = try MXPattern(parsing: text)
            let expected = Self.covers(pattern: text, host: host)
            if expected { matched += 1 }
            #expect(pattern.matches(name) == expected, "seed \(seed): \(text) and \(host)")
            // With no address-shaped value about, a certificate's name is compared by the same rule.
            #expect(name.matchesPresentedIdentifier(text) == expected, "seed \(seed): \(text) and \(host)")
        }
        #expect(matched > 500, "seed \(seed): too few matches to mean something")
    }

    private static func covers(pattern: String, host: String) -> Bool {
        var patternLabels = pattern.lowercased().split(separator: ".")
        var hostLabels = host.lowercased().split(separator: ".")
        if patternLabels[0] == "*" {
            patternLabels.removeFirst()
            hostLabels.removeFirst()
        }
        return patternLabels == hostLabels
    }

    /// Whatever a certificate holds gives an answer, and a match implies a name of the host's own shape.
    @Test(.proves("R-FETCH-04", "R-MX-10"), arguments: [UInt64(31)])
    func anyDNSIDGivesAnAnswer(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let host = try #require(DomainName("mail.example.com"))
        let seeds = ["mail.example.com", "*.example.com"].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            let dnsID = random.mutation(of: random.pick(seeds))
            let lowered = dnsID.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
            let expected = seeds.contains(lowered)
            #expect(host.matchesPresentedIdentifier(dnsID.span) == expected, "seed \(seed): \(dnsID)")
        }
    }
}
