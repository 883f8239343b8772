// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: properties of the record")
struct ReportingRecordPropertyTests {
    /// Pieces of the grammar, and what nearly is one.
    static let words = [
        "v=TLSRPTv1", "v=TLSRPTv1;", "; ", ";", " ", "\t", "rua=", "rua=mailto:r@x.example", "rua=x", "RUA=a", ",",
        " , ", "x=1", "x=", "x", "=", "a", "é", "\0", "\n", "\u{7F}", "https://", "mailto:", ":", "//", "/", "?", "#",
        "@", "[", "]", "%", "%2", "%2C", "%0d", "!", "80", ".", "-", "+", "(", "\"", String(repeating: "n", count: 31),
    ].map { Array($0.utf8) }

    static let starts = [" v=TLSRPTv1", "V=TLSRPTv1", "v=TLSRPTv10", ""].map { Array($0.utf8) }
    static let delimiters = ["; ", "; ", "; ", ";", ";", " ; ", ";\t", " \t;"].map { Array($0.utf8) }
    static let commas = [",", ",", ", ", " ,", "\t, ", ",,"].map { Array($0.utf8) }
    static let uris = [
        "mailto:r@x.example", "https://x.example/v1?k=v", "HTTPS://u@[::1]:8443/a/b#c", "mailto:a%2Cb@x.example", "x:",
        "http://x.example", "noscheme", "mailto:d@x.example!10m", "https://x.example:/%20//", "a:/", "a:/b:@",
        "a://@:1?",
    ].map { Array($0.utf8) }
    static let fields = ["x=1", "y=2", "x=3", "rua2=b", "a.b=c", "Rua=q", "v=w", "z=!\"#:<>?~"].map { Array($0.utf8) }
    static let ends = ["", "", "", "", ";", "; ", " ;", " ", "\t"].map { Array($0.utf8) }

    static func list(_ random: inout SeededGenerator) -> [UInt8] {
        var octets = Array("rua=".utf8)
        for place in 0...random.below(4) {
            if place > 0 { octets += random.once(in: 40) ? random.pick(words) : random.pick(commas) }
            let uri = random.pick(uris)
            octets += random.once(in: 8) ? random.mutation(of: uri) : uri
        }
        return octets
    }

    /// A record that is often valid: the version, then fields with a delimiter each.
    static func sentence(_ random: inout SeededGenerator) -> [UInt8] {
        var octets = random.once(in: 30) ? random.pick(starts) : Array("v=TLSRPTv1".utf8)
        let place = random.below(3)
        for index in 0...max(place, random.below(4)) {
            octets += random.once(in: 60) ? random.pick(words) : random.pick(delimiters)
            octets += index == place || random.once(in: 5) ? list(&random) : random.pick(fields)
        }
        return octets + random.pick(ends)
    }

    static func input(_ random: inout SeededGenerator, _ seeds: [[UInt8]]) -> [UInt8] {
        switch random.below(8) {
        case 0: random.octets(below: 48)
        case 1: random.sentence(of: words, below: 12)
        case 2, 3: random.mutation(of: random.pick(seeds))
        case 4: random.mutation(of: sentence(&random))
        default: sentence(&random)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        try ReportingRecordVectorTests.vectors.get().filter { $0.rrset.count == 1 }
            .map { $0.rrset[0].flatMap(\.value) }.filter { $0.count < 200 }
    }

    /// Parser and reference agree on every input; what is taken prints and parses back to itself.
    @Test(.proves("R-TXTR-04", "R-TXTR-06", "R-TXTR-07", "R-TXTR-10"), arguments: 1...4 as ClosedRange<UInt64>)
    func againstReference(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let grammar = try ReferenceReportingRecord.Grammar()
        let seeds = try Self.seeds()
        var accepted = 0
        for round in 0..<5000 {
            if round.isMultiple(of: 20) { await Task.yield() }  // others have clocks that run
            let octets = Self.input(&random, seeds)
            let record = try? TLSReportingRecord(parsing: octets)
            let seen = record.map { ReferenceReportingRecord(uris: $0.reportURIs.map(\.text), extensions: $0.fields) }
            if seen != ReferenceReportingRecord(octets, grammar) {
                Issue.record(
                    "seed \(seed): \(String(reflecting: String(decoding: octets, as: UTF8.self))): \(seen as Any)"
                )
            }
            guard let record else { continue }
            accepted += 1
            if try TLSReportingRecord(parsing: record.description) != record {
                Issue.record("seed \(seed): \(record.description) does not parse back to itself")
            }
            for destination in record.destinations { expectHarmless(destination) }
        }
        #expect((1000...4000).contains(accepted), "seed \(seed): \(accepted) of 5000 are records")
    }

    /// Nothing that ends a line, and no second address: whatever an address decodes from, outside quotes it has one at
    /// sign, no comma and no blank.
    private func expectHarmless(_ destination: TLSReportingRecord.Destination) {
        let text = destination.field.value
        let isFree = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        #expect(isFree, "\(String(reflecting: text))")
        guard case .mailto = destination else { return }
        var outside = ""
        var isQuoted = false
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                isQuoted.toggle()
            } else if !isQuoted {
                outside.unicodeScalars.append(scalar)
            }
        }
        let isOne = !isQuoted && outside.split(separator: "@", omittingEmptySubsequences: false).count == 2
        #expect(isOne && !outside.contains { ", <>();\\".contains($0) }, "\(String(reflecting: text))")
    }

    /// Every octet of an address, encoded: it is refused, or comes out as one harmless address.
    @Test(.proves("R-TXTR-10")) func everyEncodedOctet() throws {
        var usable = 0
        for octet in UInt8.min...UInt8.max {
            let digits = String(octet, radix: 16)
            let encoded = "%" + (digits.count == 1 ? "0" : "") + digits
            for text in [
                "mailto:a\(encoded)b@x.example", "mailto:r@x\(encoded)y.example", "mailto:\(encoded)@x.example",
            ] {
                let uri = try #require(TLSReportingRecord.ReportURI(text))
                #expect((uri.destination == nil) != (uri.fault == nil))
                guard let destination = uri.destination else { continue }
                usable += 1
                expectHarmless(destination)
            }
        }
        #expect((250...350).contains(usable), "\(usable)")
    }

    /// The reference itself is held to the vectors, or it would prove nothing.
    @Test func referenceAndVectors() throws {
        let grammar = try ReferenceReportingRecord.Grammar()
        for vector in try ReportingRecordVectorTests.vectors.get() where vector.rrset.count == 1 {
            let octets = vector.rrset[0].flatMap(\.value)
            guard octets.count < 1000 else { continue }
            let record = ReferenceReportingRecord(octets, grammar)
            #expect((record == nil) == (vector.expect.none != nil), "\(vector.id)")
            if let rua = vector.expect.rua { #expect(record?.uris == rua, "\(vector.id)") }
            if let extensions = vector.expect.extensions { #expect(record?.extensions == extensions, "\(vector.id)") }
        }
    }

    /// A lone record is what the grammar says; beside another TXT record the literal prefix filter comes first.
    @Test(.proves("R-TXTR-03")) func selectionAgreesWithParsing() throws {
        var random = SeededGenerator(seed: 5)
        let seeds = try Self.seeds()
        for _ in 0..<5000 {
            let octets = Self.input(&random, seeds)
            let record = try? TLSReportingRecord(parsing: octets)
            let cut = random.below(octets.count + 1)
            let strings = [Array(octets[..<cut]), Array(octets[cut...])]
            #expect(TLSReportingRecord.select(from: [strings]).record == record, "\(octets)")
            let beside = TLSReportingRecord.select(from: [[Array("v=spf1 -all".utf8)], strings])
            let passesFilter = octets.starts(with: Array("v=TLSRPTv1;".utf8))
            #expect(beside.record == (passesFilter ? record : nil), "\(octets)")
        }
    }
}

extension TLSReportingRecord.Selection {
    var record: TLSReportingRecord? {
        if case .record(let record) = self { record } else { nil }
    }
}
