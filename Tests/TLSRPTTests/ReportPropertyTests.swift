// SPDX-License-Identifier: Apache-2.0

import Foundation
import RequirementTrait
import STSCore
import TLSRPT
import Testing
import VectorSupport

/// Reports that are made at random, within what a report can hold.
struct ReportMaker {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private static let scalars: [Unicode.Scalar] = [
        "a", "Z", "0", " ", "\"", "\\", "/", "<", "\u{0}", "\n", "\u{7F}", "\u{85}", "ü", "\u{301}", "€", "\u{2028}",
        "\u{FFFD}", "\u{FEFF}", "😀", "\u{10FFFD}",
    ]

    /// A text of one character or more.
    mutating func text(plain: Bool = false) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0...generator.below(12) {
            let scalar = generator.pick(Self.scalars)
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            text.append(plain && isControl ? "x" : scalar)
        }
        return String(text)
    }

    mutating func maybe(_ text: String) -> String? { generator.once(in: 4) ? nil : text }

    mutating func count() -> Int {
        generator.once(in: 8) ? 9_007_199_254_740_991 : generator.below(100_000)
    }

    mutating func moment() -> UnixTime? {
        let seconds = Int64(generator.below(315_569_520_000)) - 62_167_219_200
        return generator.once(in: 6) ? nil : UnixTime(secondsSinceEpoch: seconds)
    }

    mutating func address() -> String? {
        let length = generator.once(in: 2) ? 4 : 16
        let octets = (0..<length).map { _ in generator.once(in: 2) ? 0 : UInt8(truncatingIfNeeded: generator.next()) }
        return maybe(IPAddress(octets: octets)?.description ?? "")
    }

    mutating func unknown() -> [TLSReport.UnknownMember] {
        let values = [
            "null", " [ 1.50 , {} ]".trimmingCharacters(in: .whitespaces), #""\u0041é""#, "{\"a\":{\"a\":-0e1}}",
        ]
        return (0..<generator.below(3)).map { index in
            TLSReport.UnknownMember(name: "\(index)\(text())", json: generator.pick(values))
        }
    }

    mutating func detail() -> TLSReport.FailureDetail {
        TLSReport.FailureDetail(
            resultType: TLSResultType(rawValue: generator.once(in: 3) ? text() : "certificate-expired"),
            sendingMTAIP: address(),
            receivingMXHostname: maybe(text(plain: true)),
            receivingMXHelo: maybe(text(plain: true)),
            receivingIP: address(),
            failedSessions: count(),
            additionalInformation: maybe(text()),
            failureReasonCode: maybe(text(plain: true)),
            unknownMembers: unknown()
        )
    }

    mutating func entry() -> TLSReport.PolicyEntry {
        let policy = TLSReport.Policy(
            type: generator.once(in: 4) ? nil : generator.pick([.sts, .tlsa, .noPolicyFound]),
            lines: (0..<generator.below(4)).map { _ in generator.once(in: 4) ? "" : text() },
            domain: maybe("example.com"),
            mxHosts: (0..<generator.below(3)).map { _ in text() },
            unknownMembers: unknown()
        )
        return TLSReport.PolicyEntry(
            policy: policy,
            summary: TLSReport.Summary(successfulSessions: count(), failedSessions: count(), unknownMembers: unknown()),
            failureDetails: (0..<generator.below(4)).map { _ in detail() },
            unknownMembers: unknown()
        )
    }

    mutating func report() -> TLSReport {
        TLSReport(
            organizationName: maybe(text()),
            dateRange: TLSReport.DateRange(start: moment(), end: moment(), unknownMembers: unknown()),
            contactInfo: maybe(generator.once(in: 2) ? "tlsrpt@sender.example" : text()),
            reportID: maybe(text()),
            policies: (0..<generator.below(4)).map { _ in entry() },
            unknownMembers: unknown()
        )
    }
}

@Suite("TLSRPT: properties of reports")
struct ReportPropertyTests {
    @Test(.proves("R-JSON-01", "R-JSON-06", "R-JSON-13"), arguments: 0..<UInt64(400))
    func roundTrip(seed: UInt64) throws {
        var maker = ReportMaker(seed: seed)
        let report = maker.report()
        let written = report.json()
        #expect(report.json() == written)
        let reading = try TLSReport.read(json: written)
        #expect(reading.report == report)
        #expect(String(validating: written, as: UTF8.self) != nil)
        let object = try JSONSerialization.jsonObject(with: Data(written))
        let policies = try #require((object as? [String: Any])?["policies"] as? [[String: Any]])
        #expect(policies.allSatisfy { $0["failure-details"] is [Any] })
        #expect(!written.contains { $0 < 0x20 || $0 == 0x7F })
    }

    /// Whatever stands in the text: it is refused at a place within it, or what is read can be written and read again.
    @Test(arguments: 0..<UInt64(40))
    func mutations(seed: UInt64) throws {
        var maker = ReportMaker(seed: seed)
        let original = maker.report().json()
        for _ in 0..<100 {
            let octets = maker.generator.mutation(of: original)
            do throws(TLSReport.ParseError) {
                let reading = try TLSReport.read(json: octets)
                let written = reading.report.json()
                let again = try TLSReport.read(json: written)
                #expect(again.report.json() == written)
            } catch {
                #expect((0...octets.count).contains(error.offset))
            }
        }
    }

    /// Sentences of JSON's alphabet are JSON for this reader when they are for another one.
    @Test(.proves("R-JSON-01"), arguments: 0..<UInt64(40))
    func grammar(seed: UInt64) {
        let words = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\"", "\"", "\\", "\\n", "0", "1", "-", "+", ".", "e5",
            "E-1",
            "true", "false", "null", "tru", " ", "\n", "[]", "{}", "{\"b\":", "1,", "é",
        ].map { Array($0.utf8) }
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<500 {
            let value = generator.sentence(of: words, below: generator.once(in: 2) ? 4 : 9)
            let octets = Array("{\"policies\":[],\"x\":".utf8) + value + Array("}".utf8)
            let isJSON = (try? JSONSerialization.jsonObject(with: Data(octets))) != nil
            do throws(TLSReport.ParseError) {
                _ = try TLSReport.read(json: octets)
                #expect(isJSON, "\(String(decoding: octets, as: UTF8.self))")
                accepted += 1
            } catch {
                // The other reader takes members of one name, and a comma before a closing brace.
                let isCommaBeforeBrace = error.code == .unexpectedOctet && octets[error.offset] == 0x7D
                let isRefused = !isJSON || error.code == .duplicateMember || isCommaBeforeBrace
                #expect(isRefused, "\(error): \(String(decoding: octets, as: UTF8.self))")
            }
        }
        #expect(accepted > 10)
    }

    /// Addresses are made canonical however they are written, and left alone if they are none.
    @Test(.proves("R-JSON-15", "R-JSON-18"), arguments: 0..<UInt64(20))
    func addresses(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let words = ["0", "1", "00", "ab", "AB", ":", ":", "::", "ffff", "0:0", ".", "192.0.2.1", "255", "256", "%"]
            .map { Array($0.utf8) }
        for _ in 0..<250 {
            let isWords = generator.once(in: 2)
            let groups = (0..<8).map { _ in generator.once(in: 2) ? "0" : String(generator.below(65_536), radix: 16) }
            let full = groups.joined(separator: ":")
            let text =
                isWords
                ? String(decoding: generator.sentence(of: words, below: 12), as: UTF8.self)
                : generator.once(in: 3) ? full : IPAddress(full)?.description ?? full
            guard !text.isEmpty else { continue }
            let octets = Array(Self.json(address: text).utf8)
            let reading = try TLSReport.read(json: octets)
            let read = reading.report.policies.first?.failureDetails.first?.receivingIP
            let canonical = IPAddress(text)?.description
            #expect(read == canonical ?? text)
            let kinds = reading.deviations.map(\.kind)
            #expect(kinds.contains(.notAnAddress) == (canonical == nil))
            #expect(kinds.contains(.addressNotCanonical) == (canonical != nil && canonical != text), "\(text)")
            #expect(try TLSReport.read(json: reading.report.json()).report == reading.report)
        }
    }

    private static func json(address: String) -> String {
        """
        {"policies":[{"policy":{},"summary":{"total-successful-session-count":0,"total-failure-session-count":1},\
        "failure-details":[{"result-type":"x","failed-session-count":1,"receiving-ip":"\(address)"}]}]}
        """
    }
}
