// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: consistency of reports")
struct ReportConsistencyTests {
    private func findings(_ change: (inout TLSReport) -> Void) -> [String] {
        var report = sampleReport()
        change(&report)
        return report.consistencyFindings.map { "\($0.kind.rawValue) \($0.path)" }
    }

    @Test(.proves("R-JSON-22"))
    func oneReport() {
        let total = "policies[0].summary.total-failure-session-count"
        let count = "policies[0].failure-details[0].failed-session-count"
        #expect(findings { $0.policies[0].failureDetails *= 3 } == [])
        #expect(findings { $0.policies[0].failureDetails = [] } == ["failuresWithoutDetails \(total)"])
        #expect(findings { $0.policies[0].summary.failedSessions = 4 } == ["unexplainedFailures \(total)"])
        #expect(findings { $0.policies[0].summary.failedSessions = 2 } == ["detailAboveTotal \(count)"])
        #expect(
            findings { $0.policies[0].failureDetails[0].failedSessions = 0 }
                == ["detailOfNothing \(count)", "unexplainedFailures \(total)"]
        )
        #expect(
            findings {
                $0.policies[0].failureDetails = []
                $0.policies[0].summary.failedSessions = 0
            } == []
        )
        #expect(
            findings { $0.policies[0].policy.domain = nil } == ["missingPolicyDomain policies[0].policy.policy-domain"]
        )
        #expect(findings { $0.policies[0].failureDetails[0].failedSessions = .max } == ["detailAboveTotal \(count)"])
    }

    @Test(
        .proves("R-JSON-25"),
        arguments: [(0, 86_399, true), (0, 86_400, true), (0, 604_799, false), (1, 86_399, false)]
    )
    func day(start: Int64, end: Int64, isDay: Bool) {
        let range = TLSReport.DateRange(
            start: UnixTime(secondsSinceEpoch: start),
            end: UnixTime(secondsSinceEpoch: end)
        )
        #expect(findings { $0.dateRange = range } == (isDay ? [] : ["notOneDay date-range"]))
    }

    @Test func endBeforeStart() {
        let range = TLSReport.DateRange(start: UnixTime(secondsSinceEpoch: 1), end: UnixTime(secondsSinceEpoch: 0))
        #expect(findings { $0.dateRange = range } == ["endBeforeStart date-range"])
        #expect(findings { $0.dateRange.end = nil } == [])
    }

    /// Beyond the limit reports are compared with those before, and nothing more is kept.
    @Test func limit() {
        var consistency = ReportConsistency(limit: 2)
        let reports = (0..<4).map { sampleReport(id: "\($0)", day: 19_731 + 2 * Int64($0)) }
        #expect(reports.map { consistency.add($0).count } == [0, 0, 0, 0])
        #expect(reports.map { consistency.add($0).map(\.kind) } == [[.duplicate], [.duplicate], [], []])
        #expect(consistency.add(sampleReport(id: "x", day: 19_733)).map(\.kind) == [.overlap])
        #expect(consistency.add(sampleReport(id: "x", day: 19_732)).isEmpty)
        #expect(consistency.add(sampleReport(id: "x", day: 19_737)).isEmpty)
    }

    /// Names are compared whole, however much they have in common.
    @Test(.proves("R-SEND-20"))
    func longNames() {
        let long = String(repeating: "a", count: 2_000)
        var reports: [TLSReport] = []
        for end in ["1", "2"] {
            reports.append(sampleReport(id: "\(long)\(end)@sender.example"))
            var unsigned = sampleReport(id: "id")
            unsigned.contactInfo = nil
            unsigned.organizationName = "\(long)\(end)"
            reports.append(unsigned)
        }
        var consistency = ReportConsistency()
        for report in reports {
            #expect(!consistency.add(report).contains { $0.kind == .duplicate })
        }
        for report in reports {
            #expect(consistency.add(report).map(\.kind) == [.duplicate])
        }
    }

    @Test(.proves("R-SEND-20"))
    func duplicates() {
        var consistency = ReportConsistency()
        let report = sampleReport()
        #expect(consistency.add(report) == [])
        #expect(consistency.add(report).map(\.kind) == [.duplicate])
        var other = report
        other.contactInfo = "tlsrpt@other.example"
        #expect(consistency.add(other) == [])
        other.contactInfo = nil
        #expect(consistency.add(other) == [])
        #expect(consistency.add(other).map(\.kind) == [.duplicate])
        other.organizationName = "Another"
        #expect(consistency.add(other) == [])
        other.reportID = nil
        #expect(consistency.add(other).map(\.kind) == [.overlap])
    }

    @Test func overlap() {
        var consistency = ReportConsistency()
        func add(_ id: String, day: Int64, domain: String = "example.com", _ seconds: ClosedRange<Int64>? = nil)
            -> [String]
        {
            var report = sampleReport(id: id, day: day, domain: domain)
            if let seconds {
                report.dateRange.start = UnixTime(secondsSinceEpoch: seconds.lowerBound)
                report.dateRange.end = UnixTime(secondsSinceEpoch: seconds.upperBound)
            }
            return consistency.add(report).map { "\($0.kind.rawValue) \($0.path)" }
        }
        let overlap = "overlap policies[0].policy.policy-domain"
        #expect(add("1", day: 10) == [])
        #expect(add("2", day: 12) == [])
        #expect(add("3", day: 11) == [])
        #expect(add("4", day: 11) == [overlap])
        #expect(add("5", day: 11, domain: "example.net") == [])
        #expect(add("6", day: 11, domain: "EXAMPLE.net.") == [overlap])
        // The first second of the next day as the end is no overlap.
        #expect(add("7", day: 0, domain: "a.example", 864_000...950_400) == [])
        #expect(add("8", day: 11, domain: "a.example") == [])
        #expect(add("9", day: 0, domain: "a.example", 0...10_000_000) == ["notOneDay date-range", overlap])
        #expect(add("10", day: 20, domain: "a.example") == [overlap])
    }

    /// Both sides of a policy in one report are not two reports.
    @Test func twoPoliciesOfADomain() {
        var report = sampleReport()
        report.policies.append(report.policies[0])
        var consistency = ReportConsistency()
        #expect(consistency.add(report) == [])
    }

    /// A set of ranges, one after the other at random, finds what comparing each with each finds.
    @Test(arguments: 0..<UInt64(50))
    func ranges(seed: UInt64) {
        var consistency = ReportConsistency()
        var earlier: [ClosedRange<Int64>] = []
        var generator = SeededGenerator(seed: seed)
        for index in 0..<60 {
            let start = Int64(generator.below(4_000)) * 10 + 1
            let range = start...start + Int64(generator.below(400))
            var report = sampleReport(id: "\(index)")
            report.dateRange.start = UnixTime(secondsSinceEpoch: range.lowerBound)
            report.dateRange.end = UnixTime(secondsSinceEpoch: range.upperBound)
            let isOverlap = consistency.add(report).contains { $0.kind == .overlap }
            #expect(isOverlap == earlier.contains { $0.overlaps(range) })
            earlier.append(range)
        }
    }

    @Test func findingsAreBounded() {
        var report = sampleReport()
        report.policies[0].failureDetails = Array(repeating: report.policies[0].failureDetails[0], count: 5_000)
        report.policies[0].summary.failedSessions = 1
        #expect(report.consistencyFindings.count == ReportConsistency.maximumFindings)
    }
}

extension Array {
    fileprivate static func *= (array: inout Array, times: Int) {
        array = Array(repeatElement(array, count: times).joined())
    }
}
