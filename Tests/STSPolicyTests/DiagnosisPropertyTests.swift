// SPDX-License-Identifier: Apache-2.0

import STSPolicy
import Testing

@Suite struct DiagnosisPropertyTests {
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
        for vector in try DiagnosisVector.load() { check(vector.octets) }
    }

    @Test(arguments: UInt64(1)...2)
    func mutatedVectors(_ seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let texts = try DiagnosisVector.load().map(\.octets)
        for text in texts {
            var octets = text
            for _ in 0..<5 {
                mutator.mutate(&octets)
                check(octets)
            }
        }
    }

    @Test(arguments: UInt64(1)...2)
    func lines(_ seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        for _ in 0..<250 {
            var octets: [UInt8] = []
            for _ in 0..<Int.random(in: 1...7, using: &mutator) {
                octets += mutator.piece()
                if Bool.random(using: &mutator) { octets += mutator.piece() }
                octets.append(0x0A)
            }
            check(octets)
        }
    }

    @Test(arguments: UInt64(1)...4)
    func anyOctets(_ seed: UInt64) {
        var mutator = Mutator(seed: seed)
        for _ in 0..<300 {
            check(
                (0..<Int.random(in: 0...64, using: &mutator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &mutator)
                }
            )
        }
    }

    @Test(arguments: [
        "\n", "\r", ":", "a:\n", "\u{A0}", "mx: *.a.b\n", "mx: a.b.c,", "\"", "# ", "-\n", "a", "mode: \u{FF21}\n",
    ])
    func longTexts(_ piece: String) {
        check(Array(String(repeating: piece, count: STSPolicy.maximumOctets / piece.utf8.count).utf8))
    }
}

/// Changes texts at random, the same way for the same seed.
private struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    // splitmix64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    private static let pieces = [
        "version: STSv1", "mode: enforce", "mode: none", "mx: a.example", "mx: *.example.net", "max_age: 86400",
        "max_age",
        "mode", "mx", "version", "STSv1", "enforce", " ", "\t", "\r", "\n", "\r\n", ":", "=", "\"", "'", "#", "//", ";",
        ",",
        ".", "*", "-", "_", "@", "\\", "<", "{", "[", "---", "```", "v=STSv1; id=1", "IN TXT \"v=STSv1\"", "\u{FEFF}",
        "\u{A0}", "\u{200B}", "\u{201C}", "\u{2019}", "\u{2013}", "\u{FF1A}", "\u{E9}", "\u{1F600}", "\u{0}", "\u{7F}",
        "0",
        "99999999999", "foo: bar", "x:", "Mode: Enforce", "id: 1", "192.0.2.1", "2001:db8::1",
    ].map { Array($0.utf8) }

    mutating func piece() -> [UInt8] {
        if Int.random(in: 0..<12, using: &self) == 0 { return [UInt8.random(in: .min ... .max, using: &self)] }
        return Self.pieces.randomElement(using: &self) ?? []
    }

    mutating func mutate(_ octets: inout [UInt8]) {
        let place = Int.random(in: 0...octets.count, using: &self)
        let end = min(octets.count, place + Int.random(in: 0...4, using: &self))
        switch Int.random(in: 0..<4, using: &self) {
        case 0: octets.removeSubrange(place..<end)
        case 1: octets.replaceSubrange(place..<end, with: piece())
        case 2: octets.insert(contentsOf: octets[place..<end], at: place)
        default: octets.insert(contentsOf: piece(), at: place)
        }
    }
}
