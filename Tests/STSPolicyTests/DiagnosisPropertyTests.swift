// SPDX-License-Identifier: Apache-2.0

import STSPolicy
import Testing
import VectorSupport

@Suite("STSPolicy: diagnosis, properties")
struct DiagnosisPropertyTests {
    /// What holds for every text; the fallback rule is for what no rule explains, and there should be nothing.
    private func check(_ octets: [UInt8]) {
        let diagnosis = STSPolicy.diagnose(octets)
        let sender = Result { () throws(STSPolicy.ParseError) in try STSPolicy(parsing: octets) }
        let strict = Result { () throws(STSPolicy.ParseError) in try STSPolicy(strictlyParsing: octets) }
        let text = Comment(rawValue: String(decoding: octets.prefix(400), as: UTF8.self).debugDescription)
        #expect(diagnosis.sender == sender && diagnosis.strict == strict, text)
        let severities = Set(diagnosis.findings.map(\.severity))
        #expect(severities.contains(.error) == !sender.isSuccess, text)
        if sender.isSuccess, !strict.isSuccess { #expect(severities.contains(.warning), text) }
        #expect(diagnosis.findings.allSatisfy { $0.rule != .grammar }, text)
        #expect(diagnosis.findings.count <= STSPolicy.Diagnosis.maximumFindings + 5, text)
        var (offset, line) = (0, 1)
        let misplaced = diagnosis.findings.first { finding in
            guard finding.octets.lowerBound >= offset, finding.octets.upperBound <= octets.count else { return true }
            line += octets[offset..<finding.octets.lowerBound].count { $0 == 0x0A }
            offset = finding.octets.lowerBound
            return finding.line != line || finding.column < 1 || finding.column > offset + 1
        }
        #expect(misplaced == nil, text)
        let illWorded = diagnosis.findings.first { finding in
            !finding.message.hasSuffix(".") || finding.message.utf8.count > 500
                || finding.message.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        }
        #expect(illWorded == nil, text)
    }

    @Test func vectors() throws {
        for vector in try DiagnosisVector.load() { check(vector.input.value) }
    }

    @Test(arguments: UInt64(1)...2)
    func mutatedVectors(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let texts = try DiagnosisVector.load().map(\.input.value)
        for text in texts {
            var octets = text
            for _ in 0..<5 {
                random.mutate(&octets)
                check(octets)
            }
        }
    }

    @Test(arguments: UInt64(1)...2)
    func lines(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            var octets: [UInt8] = []
            for _ in 0..<1 + random.below(7) {
                octets += random.piece()
                if random.once(in: 2) { octets += random.piece() }
                octets.append(0x0A)
            }
            check(octets)
        }
    }

    @Test(arguments: UInt64(1)...4)
    func anyOctets(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            check(random.octets(below: 64))
        }
    }

    @Test(arguments: [
        "\n", "\r", ":", "a:\n", "\u{A0}", "mx: *.a.b\n", "mx: a.b.c,", "\"", "# ", "-\n", "a", "mode: \u{FF21}\n",
    ])
    func longTexts(_ piece: String) {
        check(Array(String(repeating: piece, count: STSPolicy.maximumOctets / piece.utf8.count).utf8))
    }
}

private let pieces = [
    "version: STSv1", "mode: enforce", "mode: none", "mx: a.example", "mx: *.example.net", "max_age: 86400",
    "max_age",
    "mode", "mx", "version", "STSv1", "enforce", " ", "\t", "\r", "\n", "\r\n", ":", "=", "\"", "'", "#", "//", ";",
    ",",
    ".", "*", "-", "_", "@", "\\", "<", "{", "[", "---", "```", "v=STSv1; id=1", "IN TXT \"v=STSv1\"", "\u{FEFF}",
    "\u{A0}", "\u{200B}", "\u{201C}", "\u{2019}", "\u{2013}", "\u{FF1A}", "\u{E9}", "\u{1F600}", "\u{0}", "\u{7F}",
    "0",
    "99999999999", "foo: bar", "x:", "Mode: Enforce", "id: 1", "192.0.2.1", "2001:db8::1",
    "; mode: none", " mx: b.example", "\\nmax_age=1", "mode:", " 10", "mail.123", "\u{3000}mx:",
].map { Array($0.utf8) }

extension SeededGenerator {
    fileprivate mutating func piece() -> [UInt8] {
        once(in: 12) ? [UInt8(truncatingIfNeeded: next())] : pick(pieces)
    }

    /// Changes one place: with words of the grammar and of its usual mistakes, not only single octets.
    fileprivate mutating func mutate(_ octets: inout [UInt8]) {
        let place = below(octets.count + 1)
        let end = min(octets.count, place + below(5))
        switch below(4) {
        case 0: octets.removeSubrange(place..<end)
        case 1: octets.replaceSubrange(place..<end, with: piece())
        case 2: octets.insert(contentsOf: octets[place..<end], at: place)
        default: octets.insert(contentsOf: piece(), at: place)
        }
    }
}
