// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: vectors of the report")
struct ReportVectorTests {
    static let vectors = Result { try Vectors.load("tlsrpt-report", as: TLSReportVector.self) }

    @Test(
        .proves(
            "R-JSON-01",
            "R-JSON-03",
            "R-JSON-06",
            "R-JSON-07",
            "R-JSON-11",
            "R-JSON-13",
            "R-JSON-14",
            "R-JSON-20",
            "R-JSON-22",
            "R-JSON-24"
        ),
        arguments: try vectors.get()
    )
    func reading(_ vector: TLSReportVector) throws {
        let result = Result { () throws(TLSReport.ParseError) in try TLSReport.read(json: vector.input.value) }
        switch result {
        case .failure(let error):
            let expected = try #require(vector.expect.error, "refused: \(error)")
            if let code = expected.code { #expect(error.code.rawValue == code) }
            if let offset = expected.offset { #expect(error.offset == offset) }
            if let path = expected.path { #expect(error.path == path) }
            #expect(!error.description.isEmpty)
            #expect((0...vector.input.value.count).contains(error.offset))
        case .success(let reading):
            #expect(vector.expect.error == nil)
            try compare(reading, vector.expect)
            #expect(reading.conforms == (vector.strict?.error == nil))
            #expect(reading.conforms == !reading.deviations.contains(where: \.isBreach))
            #expect(reading.omittedDeviations == 0)
        }
    }

    private func compare(_ reading: TLSReport.Reading, _ expected: TLSReportVector.Expectation) throws {
        let report = reading.report
        if let sessions = expected.sessions {
            #expect(report.policies.map { [$0.summary.successfulSessions, $0.summary.failedSessions] } == sessions)
        }
        if let type = expected.policyType { #expect(report.policies.first?.policy.type?.rawValue == type) }
        if let type = expected.resultType {
            #expect(report.policies.first?.failureDetails.first?.resultType.rawValue == type)
        }
        let written = String(decoding: report.json(), as: UTF8.self)
        // The writer has the format that the vectors have for dates.
        if let start = expected.start { #expect(written.contains(#""start-datetime":"\#(start)""#)) }
        if let end = expected.end { #expect(written.contains(#""end-datetime":"\#(end)""#)) }
        if let deviations = expected.deviations {
            #expect(Set(reading.deviations.map { Field($0.kind.rawValue, $0.path) }) == Set(deviations))
            #expect(reading.deviations.count == deviations.count)
        }
        if let json = expected.json { #expect(written == json) }
    }

    /// What is written is read without a deviation in form, and is the same then.
    @Test(.proves("R-JSON-08", "R-JSON-10"), arguments: try vectors.get().filter { $0.expect.error == nil })
    func writing(_ vector: TLSReportVector) throws {
        let reading = try TLSReport.read(json: vector.input.value)
        let written = reading.report.json()
        let again = try TLSReport.read(json: written)
        #expect(again.report.json() == written)
        let ofContent: Set<TLSReport.Deviation.Kind> = [
            .missing, .leftOut, .unknownPolicyType, .unknownResultType, .contactNotAddress, .notAnAddress, .notAURI,
            .notInALabels, .notADomain, .noPolicies,
        ]
        #expect(again.deviations.allSatisfy { ofContent.contains($0.kind) }, "\(again.deviations)")
        // Faults of the text alone are gone; what the report lacks it lacks still.
        let kept = reading.deviations.filter { ofContent.contains($0.kind) && $0.kind != .leftOut }
        #expect(Set(again.deviations.filter { $0.kind != .leftOut }.map(\.kind)) == Set(kept.map(\.kind)))
    }
}
