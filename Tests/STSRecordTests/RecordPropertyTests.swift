// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSRecord
import Testing
import VectorSupport

@Suite("STSRecord: properties")
struct RecordPropertyTests {
    /// Pieces of the grammar, and what nearly is one.
    static let words = [
        "v=STSv1", "v=STSv1;", "; ", ";", " ", "\t", "id=a", "id=", "id=20160831085700Z", "ID=b", "id=a-1", "v=STSv2",
        "x=1", "x=", "x", "y_.-=z", "=", "a", "é", "\0", "\n", "\u{7F}", "k1=1", "k2=2",
        String(repeating: "0", count: 31),
        String(repeating: "n", count: 31),
    ].map { Array($0.utf8) }

    static let starts = [" v=STSv1", "V=STSv1", "v=STSv10", ""].map { Array($0.utf8) }
    static let delimiters = ["; ", "; ", "; ", ";", ";", " ; ", ";\t", " \t;"].map { Array($0.utf8) }
    static let ids = ["id=a", "id=Z9", "id=" + String(repeating: "0", count: 32), "id=b"].map { Array($0.utf8) }
    static let fields = ["x=1", "y=2", "x=3", "id=b", "a.b=c", "Id=q", "v=w", "id2=a", "z=!\"#:<>?~"].map {
        Array($0.utf8)
    }
    static let ends = ["", "", "", "", ";", "; ", " ;", " ", "\t"].map { Array($0.utf8) }

    /// A record that is often valid: the version, then fields with a delimiter each.
    static func sentence(_ random: inout SeededGenerator) -> [UInt8] {
        var octets = random.once(in: 30) ? random.pick(starts) : Array("v=STSv1".utf8)
        let idPlace = random.below(3)
        for place in 0...max(idPlace, random.below(4)) {
            octets += random.once(in: 60) ? random.pick(words) : random.pick(delimiters)
            octets +=
                place == idPlace ? random.pick(ids) : random.once(in: 40) ? random.pick(words) : random.pick(fields)
        }
        return octets + random.pick(ends)
    }

    static func input(_ random: inout SeededGenerator, _ seeds: [[UInt8]]) -> [UInt8] {
        switch random.below(8) {
        case 0: random.octets(below: 48)
        case 1: random.sentence(of: words, below: 8)
        case 2, 3: random.mutation(of: random.pick(seeds))
        case 4: random.mutation(of: sentence(&random))
        default: sentence(&random)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        try Vectors.load("record", as: RecordVector.self).map(\.input.value).filter { $0.count < 200 }
    }

    /// Parser and reference agree on every input; what is taken prints and parses back to itself.
    @Test(.proves("R-DISC-19", "R-DISC-20", "R-DISC-21", "R-DISC-22"), arguments: 1...4 as ClosedRange<UInt64>)
    func againstReference(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let seeds = try Self.seeds()
        var accepted = 0
        for round in 0..<50_000 {
            if round.isMultiple(of: 100) { await Task.yield() }  // others have clocks that run
            let octets = Self.input(&random, seeds)
            let record = try? STSRecord(parsing: octets)
            let seen = record.map { ReferenceRecord(id: $0.id.description, extensions: $0.fields) }
            if seen != ReferenceRecord(octets) {
                Issue.record(
                    "seed \(seed): \(String(reflecting: String(decoding: octets, as: UTF8.self))): \(seen as Any)"
                )
            }
            guard let record else { continue }
            accepted += 1
            if try STSRecord(parsing: record.description) != record {
                Issue.record("seed \(seed): \(record.description) does not parse back to itself")
            }
        }
        #expect((10_000...40_000).contains(accepted), "seed \(seed): \(accepted) of 50,000 are records")
    }

    /// The reference itself is held to the vectors, or it would prove nothing.
    @Test("the reference and the vectors", arguments: try Vectors.load("record", as: RecordVector.self))
    func reference(_ vector: RecordVector) {
        let record = ReferenceRecord(vector.input.value)
        #expect(record?.id == vector.expect.id)
        #expect(record?.extensions == vector.expect.extensions)
    }

    /// First wins, below and above the number of fields at which the parser begins to hash.
    @Test(.proves("R-DISC-21"), arguments: 0...40)
    func repeatedExtensions(count: Int) throws {
        for distinct in [1, 2, 7, 8, 9, 10, 16, 40] {
            var random = SeededGenerator(seed: UInt64(count * 100 + distinct))
            let all = (0..<count).map { Field("k\(random.below(distinct))", "\($0)") }
            let text = "v=STSv1; id=a;" + all.map { " \($0.name)=\($0.value);" }.joined()
            var first: [Field] = []
            for field in all where !first.contains(where: { $0.name == field.name }) { first.append(field) }
            #expect(try STSRecord(parsing: text).fields == first)
            let made = STSRecord(
                id: STSRecord.ID(hashing: []),
                extensions: all.compactMap { STSRecord.Extension(name: $0.name, value: $0.value) }
            )
            #expect(made.fields == first)
        }
    }

    /// A lone record is what the grammar says; beside another TXT record the literal prefix filter comes first.
    @Test(.proves("R-DISC-12", "R-DISC-23")) func selectionAgreesWithParsing() throws {
        var random = SeededGenerator(seed: 5)
        let seeds = try Self.seeds()
        for _ in 0..<5000 {
            let octets = Self.input(&random, seeds)
            let record = try? STSRecord(parsing: octets)
            let cut = random.below(octets.count + 1)
            let strings = [Array(octets[..<cut]), Array(octets[cut...])]
            #expect(STSRecord.select(from: [strings]).record == record, "\(octets)")
            let beside = STSRecord.select(from: [Array("v=spf1 -all".utf8)].map { [$0] } + [strings])
            let passesFilter = octets.starts(with: Array("v=STSv1;".utf8))
            #expect(beside.record == (passesFilter ? record : nil), "\(octets)")
        }
    }
}

extension STSRecord.Selection {
    var record: STSRecord? {
        if case .record(let record) = self { record } else { nil }
    }
}
