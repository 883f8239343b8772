// SPDX-License-Identifier: Apache-2.0

import STSRecord
import Testing
import VectorSupport

@Suite("STSRecord: diagnosis, properties")
struct DiagnosisPropertyTests {
    /// What holds for every text; the fallback rule is for what no rule explains, and there should be nothing.
    private func check(_ octets: [UInt8]) {
        let diagnosis = STSRecord.diagnose(octets)
        let verdict = Result { () throws(STSRecord.ParseError) in try STSRecord(parsing: octets) }
        let text = Comment(rawValue: String(decoding: octets.prefix(400), as: UTF8.self).debugDescription)
        #expect(diagnosis.verdict == verdict, text)
        let isRefused = if case .failure = verdict { true } else { false }
        #expect(diagnosis.findings.contains { $0.severity == .error } == isRefused, text)
        #expect(diagnosis.findings.allSatisfy { $0.rule != .grammar }, text)
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

    /// The same for a set of resource records.
    private func check(set: [[[UInt8]]]) {
        let diagnosis = STSRecord.diagnose(resourceRecords: set)
        let text = Comment(rawValue: "\(set.map { String(decoding: $0.joined(), as: UTF8.self) })")
        #expect(diagnosis.selection == STSRecord.select(from: set), text)
        let isTaken = if case .record = diagnosis.selection { true } else { false }
        #expect(diagnosis.findings.contains { $0.severity == .error } == !isTaken, text)
        #expect(
            diagnosis.findings.allSatisfy { $0.resourceRecord == 0 || set.indices.contains($0.resourceRecord) },
            text
        )
    }

    private static func texts() throws -> [[UInt8]] {
        try DiagnosisVector.load().flatMap { $0.resourceRecords.map { Array($0.joined()) } }
    }

    @Test func vectors() throws {
        for text in try Self.texts() { check(text) }
    }

    @Test(arguments: UInt64(1)...3)
    func mutatedVectors(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var previous: [UInt8] = []
        for text in try Self.texts() {
            var octets = text
            for _ in 0..<12 {
                random.mutate(&octets)
                check(octets)
            }
            check(set: [[octets], [previous]])
            check(set: [[Array("v=STSv1; id=1".utf8)], [octets], [previous]])
            previous = octets
        }
    }

    @Test(arguments: UInt64(1)...3)
    func pieces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = random.below(9)
            check(Array("v=STSv1".utf8) + (0..<count).flatMap { _ in random.piece() })
            check((0..<count).flatMap { _ in random.piece() })
        }
    }

    @Test(arguments: ["\n", ";", "a=b;", "\"", "\\;", "\u{A0}", "=", " ", "v=STSv1;", "a", "\u{201C}a", "id=1,"])
    func longTexts(_ piece: String) {
        let text = String(repeating: piece, count: 65_000 / piece.utf8.count)
        check(Array(text.utf8))
        let diagnosis = STSRecord.diagnose("v=STSv1; id=1; " + text)
        #expect(diagnosis.findings.count <= STSRecord.Diagnosis.maximumFindings + 2)
    }
}

private let pieces = [
    "v=STSv1", "v=STSv1;", "v=STSv1; ", "id=1", "id=1;", "id=", "ID=1", "; ", ";", " ", "\t", "=", ",", ":", "\"",
    "'",
    "\\;", "\n", "x=1", "x=a b", "_x=1", "idd=2", "v=STSv2", "mode=none", "\u{A0}", "\u{200B}", "\u{201C}",
    "\u{2013}",
    "\u{FF1B}", "\u{E9}", "\u{0}", "-", "#", "0123456789012345678901234567890123456789", "v=spf1 -all", "<p>",
    " TXT ",
    "_mta-sts", "version: STSv1", "\" \"", "\nv=STSv1; id=2",
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
