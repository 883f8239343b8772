// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: hostile reports", .timeLimit(.minutes(2)))
struct HostileReportTests {
    private static func octets(_ parts: [(String, Int)]) -> [UInt8] {
        var octets: [UInt8] = []
        for (text, count) in parts {
            let unit = Array(text.utf8)
            if unit.count == 1 {
                octets += Array(repeating: unit[0], count: count)
            } else {
                for _ in 0..<count { octets += unit }
            }
        }
        return octets
    }

    private func code(
        _ octets: [UInt8],
        _ limits: TLSReport.ReadingLimits = .default
    ) -> TLSReport.ParseError.Code? {
        do throws(TLSReport.ParseError) {
            _ = try TLSReport.read(json: octets, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func depth() {
        for bracket in ["[", "{\"a\":", "[{\"a\":"] {
            #expect(code(Self.octets([(bracket, 100_000)])) == .tooDeep)
        }
        // No recursion: a limit that is too high is no crash.
        let limits = TLSReport.ReadingLimits(maximumDepth: .max, maximumValues: .max)
        let deep = Self.octets([("{\"policies\":[],\"x\":", 1), ("[", 100_000), ("]", 100_000), ("}", 1)])
        #expect(code(deep, limits) == nil)
        #expect(code(Self.octets([("[", 100_000)]), limits) == .unexpectedEnd)
    }

    @Test func limits() {
        let report = Array(#"{"policies":[]}"#.utf8)
        #expect(code(report, TLSReport.ReadingLimits(maximumOctets: report.count)) == nil)
        #expect(code(report, TLSReport.ReadingLimits(maximumOctets: report.count - 1)) == .tooLarge)
        #expect(code(report, TLSReport.ReadingLimits(maximumValues: 3)) == nil)
        #expect(code(report, TLSReport.ReadingLimits(maximumValues: 2)) == .tooManyValues)
        #expect(code(report, TLSReport.ReadingLimits(maximumDepth: 2)) == nil)
        #expect(code(report, TLSReport.ReadingLimits(maximumDepth: 1)) == .tooDeep)
        #expect(
            code(report, TLSReport.ReadingLimits(maximumOctets: -1, maximumDepth: -1, maximumValues: -1)) == .tooLarge
        )
        #expect(code(report, TLSReport.ReadingLimits(maximumDepth: -1, maximumValues: -1)) == .tooDeep)
        let limits = TLSReport.ReadingLimits(maximumValues: 100_001)
        #expect(code(Self.octets([("[", 1), ("0,", 100_000), ("0]", 1)]), limits) == .tooManyValues)
        #expect(code(Self.octets([("[", 1), ("0,", 99_999), ("0]", 1)]), limits) == .wrongType)
    }

    /// Many names that begin alike, in linear time, the last of them the first again or not.
    @Test(.proves("R-JSON-01"), arguments: [(100_000, true), (20_000, false)])
    func manyMembers(count: Int, isRepeated: Bool) {
        var octets = Array(#"{"policies":[],"x":{"#.utf8)
        var member = Array("\"name-name-name-name-name-0000000\":0,".utf8)
        let digits = (member.count - 11..<member.count - 4).reversed()
        let first = member.dropLast()
        for _ in 0..<count {
            octets += member
            for digit in digits {
                member[digit] += 1
                if member[digit] <= 0x39 { break }
                member[digit] = 0x30
            }
        }
        octets += (isRepeated ? Array(first) : Array("\"\":0".utf8)) + Array("}}".utf8)
        #expect(code(octets) == (isRepeated ? .duplicateMember : nil))
    }

    @Test func manyMembersOfTheReport() throws {
        var octets = Array(#"{"policies":[]"#.utf8)
        for index in 0..<5_000 { octets += Array(",\"\\u0078\(index)\":[\(index)]".utf8) }
        octets.append(0x7D)
        let reading = try TLSReport.read(json: octets)
        #expect(reading.report.unknownMembers.count == 5_000)
        #expect(try TLSReport.read(json: reading.report.json()).report == reading.report)
    }

    @Test func longNumbers() {
        let start = (#"{"policies":[{"policy":{},"summary":{"total-successful-session-count":"#, 1)
        let end = (#","total-failure-session-count":0}}]}"#, 1)
        #expect(code(Self.octets([start, ("9", 100_000), end])) == .countTooLarge)
        #expect(code(Self.octets([start, ("1e", 1), ("9", 100_000), end])) == .countTooLarge)
        #expect(code(Self.octets([start, ("1e-", 1), ("9", 100_000), end])) == .invalidCount)
        #expect(code(Self.octets([start, ("0.", 1), ("0", 100_000), ("1", 1), end])) == .invalidCount)
        #expect(code(Self.octets([start, ("0.", 1), ("0", 99_999), ("1e100000", 1), end])) == nil)
        #expect(code(Self.octets([start, ("1", 1), ("0", 100_000), ("e-100000", 1), end])) == nil)
    }

    @Test func truncation() throws {
        let vector = try #require(try ReportVectorTests.vectors.get().first { $0.id == "tlsrpt-report/field/001" })
        let octets = vector.input.value
        for count in octets.indices {
            let error = code(Array(octets[..<count]))
            #expect(error == (count == 0 ? .empty : .unexpectedEnd), "after \(count) octets")
        }
    }

    /// Deviations are bounded; those beyond count for the verdict all the same.
    @Test func manyDeviations() throws {
        let entry =
            #"{"policy":{"policy-type":"no-policy-found"},"summary":{"total-successful-session-count":0,"#
            + #""total-failure-session-count":0},"failure-details":[]},"#
        var json = #"{"organization-name":"x","date-range":{"start-datetime":"2024-01-09T00:00:00Z","#
        json += #""end-datetime":"2024-01-09T23:59:59Z"},"contact-info":"a@b.example","report-id":"x","policies":["#
        json += String(repeating: entry, count: 2_000)
        var conforming = json
        conforming += entry.dropLast() + "]}"
        let reading = try TLSReport.read(json: Array(conforming.utf8))
        #expect(reading.deviations.count == TLSReport.Reading.maximumDeviations)
        #expect(reading.omittedDeviations == 1_001)
        #expect(reading.conforms)
        json += entry.dropLast().replacing("no-policy-found", with: "other") + "]}"
        let other = try TLSReport.read(json: Array(json.utf8))
        #expect(other.deviations.filter(\.isBreach).isEmpty)
        #expect(!other.conforms)
    }

    /// The path in an error or a deviation does not grow with the text.
    @Test func longNames() throws {
        let octets = Self.octets([(#"{"policies":[],""#, 1), ("é", 100_000), ("\":\"\u{FFFF}\"}", 1)])
        let reading = try TLSReport.read(json: octets)
        let path = try #require(reading.deviations.first { $0.kind == .noncharacter }?.path)
        #expect(path.utf8.count < 200)
    }

    /// A path is for people: what a stranger named a member must not change how the text around it looks.
    @Test func namesThatChangeTheirSurroundings() throws {
        let octets = Array(#"{"policies":[],"a\u202eb\u001b[2J\u2028c\uffff":0}"#.utf8)
        let deviations = try TLSReport.read(json: octets).deviations
        #expect(deviations.first { $0.kind == .noncharacter }?.path == "ab[2Jc")
    }
}
