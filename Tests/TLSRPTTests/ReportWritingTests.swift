// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import TLSRPT
import Testing

/// A report that can be sent.
func sampleReport(
    id: String = "2024-01-09.example.com@sender.example",
    day: Int64 = 19_731,
    domain: String = "example.com"
) -> TLSReport {
    let detail = TLSReport.FailureDetail(
        resultType: .validationFailure,
        sendingMTAIP: "192.0.2.1",
        receivingMXHostname: "mx.example.com",
        receivingIP: "2001:db8::1",
        failedSessions: 3,
        failureReasonCode: "handshake failed"
    )
    let policy = TLSReport.Policy(
        type: .sts,
        lines: ["version: STSv1", "mode: testing", "mx: mx.example.com", "max_age: 86400"],
        domain: domain,
        mxHosts: ["mx.example.com"]
    )
    return TLSReport(
        organizationName: "Sender",
        dateRange: TLSReport.DateRange(ReportDay(containing: UnixTime(secondsSinceEpoch: day * 86_400))),
        contactInfo: "tlsrpt@sender.example",
        reportID: id,
        policies: [
            TLSReport.PolicyEntry(
                policy: policy,
                summary: TLSReport.Summary(successfulSessions: 5, failedSessions: 3),
                failureDetails: [detail]
            )
        ]
    )
}

@Suite("TLSRPT: writing reports")
struct ReportWritingTests {
    private func json(_ report: TLSReport) -> String { String(decoding: report.json(), as: UTF8.self) }

    @Test(
        .proves(
            "R-JSON-02",
            "R-JSON-03",
            "R-JSON-04",
            "R-JSON-05",
            "R-JSON-06",
            "R-JSON-08",
            "R-JSON-09",
            "R-JSON-10",
            "R-JSON-16",
            "R-JSON-20",
            "R-JSON-21",
            "R-JSON-25"
        )
    )
    func sample() throws {
        let report = sampleReport()
        #expect(
            json(report) == """
                {"organization-name":"Sender","date-range":{"start-datetime":"2024-01-09T00:00:00Z",\
                "end-datetime":"2024-01-09T23:59:59Z"},"contact-info":"tlsrpt@sender.example",\
                "report-id":"2024-01-09.example.com@sender.example","policies":[{"policy":{"policy-type":"sts",\
                "policy-string":["version: STSv1","mode: testing","mx: mx.example.com","max_age: 86400"],\
                "policy-domain":"example.com","mx-host":["mx.example.com"]},"summary":{\
                "total-successful-session-count":5,"total-failure-session-count":3},"failure-details":[{\
                "result-type":"validation-failure","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx.example.com",\
                "receiving-ip":"2001:db8::1","failed-session-count":3,"failure-reason-code":"handshake failed"}]}]}
                """
        )
        let reading = try TLSReport.read(json: report.json())
        #expect(reading.report == report)
        #expect(reading.deviations.isEmpty)
        #expect(report.faultsForSending.isEmpty)
        #expect(report.consistencyFindings.isEmpty)
    }

    @Test func leastReport() {
        let report = TLSReport(
            organizationName: "",
            dateRange: TLSReport.DateRange(start: nil, end: nil),
            contactInfo: nil,
            reportID: "",
            policies: []
        )
        #expect(json(report) == #"{"policies":[]}"#)
    }

    @Test(.proves("R-JSON-01", "R-JSON-11", "R-JSON-15", "R-JSON-17", "R-JSON-18", "R-JSON-19"))
    func valuesArePutRight() throws {
        var report = sampleReport()
        report.policies[0].summary.successfulSessions = -1
        report.policies[0].summary.failedSessions = .max
        report.policies[0].policy.mxHosts = ["", "a.example"]
        report.policies[0].failureDetails = [
            TLSReport.FailureDetail(
                resultType: TLSResultType(rawValue: ""),
                sendingMTAIP: "",
                receivingMXHostname: "mx.example.com.",
                receivingMXHelo: "\u{1B}[2J" + String(repeating: "é", count: 4_096),
                receivingIP: "2001:DB8::01",
                failedSessions: .min,
                failureReasonCode: "bad\u{FFFE}\r\n" + String(repeating: "r", count: 4_096)
            )
        ]
        let reading = try TLSReport.read(json: report.json())
        let entry = try #require(reading.report.policies.first)
        #expect(entry.summary.successfulSessions == 0)
        #expect(entry.summary.failedSessions == 9_007_199_254_740_991)
        #expect(entry.policy.mxHosts == ["a.example"])
        let detail = try #require(entry.failureDetails.first)
        #expect(detail.resultType == .validationFailure)
        #expect(detail.sendingMTAIP == nil)
        #expect(detail.receivingMXHostname == "mx.example.com")
        #expect(detail.receivingMXHelo == "[2J" + String(repeating: "é", count: 126))
        #expect(detail.receivingIP == "2001:db8::1")
        #expect(detail.failedSessions == 0)
        #expect(detail.failureReasonCode?.hasPrefix("bad\u{FFFD}r") == true)
        #expect(detail.failureReasonCode?.utf8.count == 1_024)
        #expect(reading.deviations.isEmpty)
    }

    @Test(arguments: [Int64.min, .max, -62_167_219_201, 253_402_300_800])
    func datesBeyondTheYears(seconds: Int64) throws {
        var report = sampleReport()
        report.dateRange.end = UnixTime(secondsSinceEpoch: seconds)
        let end = try #require(try TLSReport.read(json: report.json()).report.dateRange.end)
        #expect(end.secondsSinceEpoch == (seconds < 0 ? -62_167_219_200 : 253_402_300_799))
    }

    /// A date whose zone leads out of the years 0 to 9999 could not be written again.
    @Test(
        arguments: [
            ("0000-01-01T00:00:00+23:59", false), ("0000-01-01T00:00:00+00:01", false),
            ("0000-01-01T00:01:00+00:01", true), ("9999-12-31T23:59:59-00:01", false),
            ("9999-12-31T23:58:59-00:01", true), ("9999-12-31T23:59:60Z", true), ("0000-01-01T00:00:00Z", true),
        ]
    )
    func datesThatTheirZoneMoves(text: String, isDate: Bool) throws {
        let json = Array(#"{"policies":[],"date-range":{"end-datetime":"\#(text)"}}"#.utf8)
        do throws(TLSReport.ParseError) {
            let report = try TLSReport.read(json: json).report
            #expect(isDate)
            #expect((try? TLSReport.read(json: report.json()))?.report == report)
        } catch {
            #expect(!isDate && error.code == .invalidDate)
        }
    }

    @Test func unknownMembers() throws {
        var report = sampleReport()
        report.unknownMembers = [
            .init(name: "a", json: #" {"b" : [1, 2.50]}"#), .init(name: "a", json: "1"),
            .init(name: "policies", json: "[]"),
            .init(name: "broken", json: #"{"b":1"#), .init(name: "two", json: #"1,"c":2"#),
            .init(name: "none", json: ""),
            .init(name: "mark", json: "\u{FEFF}1"), .init(name: "same", json: #"{"x":1,"x":2}"#),
            .init(name: "e\u{301}", json: "1"), .init(name: "é", json: "2"),
            .init(name: "\u{FFFF}", json: "\"\u{FFFF}\""),
            .init(name: "\u{FFFE}", json: "3"), .init(name: "", json: "4"),
            .init(name: "additional-info-uri", json: "5"),
        ]
        let written = report.json()
        let text = String(decoding: written, as: UTF8.self)
        #expect(
            text.hasSuffix(
                ",\"a\": {\"b\" : [1, 2.50]},\"e\u{301}\":1,\"é\":2,\"\u{FFFD}\":\"\u{FFFD}\",\"\":4,"
                    + "\"additional-info-uri\":5}"
            )
        )
        let reading = try TLSReport.read(json: written)
        #expect(reading.conforms)
        #expect(
            reading.report.unknownMembers.map(\.name) == ["a", "e\u{301}", "é", "\u{FFFD}", "", "additional-info-uri"]
        )
    }

    /// Two names that differ in noncharacters alone would be one when those are replaced (RFC 7493 section 2.3).
    @Test(
        .proves("R-JSON-01"),
        arguments: [
            (#"{"\ufffe":1,"\uffff":2}"#, nil), (#"{"\ufffe":1,"\ufffd":2}"#, nil),
            (#"[{"a\ufffe":{},"a\uffff":0}]"#, nil),
            (#"{"\ufffe":"\uffff"}"#, "{\"\u{FFFD}\":\"\u{FFFD}\"}"),
        ] as [(String, String?)]
    )
    func namesThatBecomeOne(json: String, written: String?) throws {
        let report = try TLSReport.read(json: Array(#"{"policies":[],"x":\#(json)}"#.utf8)).report
        let again = try TLSReport.read(json: report.json())
        #expect(again.deviations.allSatisfy { $0.kind != .noncharacter })
        #expect(again.report.unknownMembers.map(\.json) == (written.map { [$0] } ?? []))
    }

    /// What is written and read is written the same again.
    @Test(
        arguments: [
            ("a.b..", "a.b"), ("a.b.", "a.b"), ("...", nil),
            (String(repeating: "a", count: 254) + "..b", String(repeating: "a", count: 254)),
        ] as [(String, String?)]
    )
    func finalDots(host: String, written: String?) throws {
        var report = sampleReport()
        report.policies[0].failureDetails[0].receivingMXHostname = host
        let json = report.json()
        let again = try TLSReport.read(json: json).report
        #expect(again.policies[0].failureDetails[0].receivingMXHostname == written)
        #expect(again.json() == json)
    }

    typealias Fault = TLSReport.SendingFault

    private func faults(_ change: (inout TLSReport) -> Void) -> [String] {
        var report = sampleReport()
        change(&report)
        return report.faultsForSending.map { "\($0.code.rawValue) \($0.path)" }
    }

    @Test(.proves("R-JSON-02", "R-JSON-04", "R-JSON-05", "R-JSON-09", "R-JSON-21"))
    func faultsForSending() {
        #expect(faults { $0.organizationName = "" } == ["missing organization-name"])
        #expect(faults { $0.reportID = nil } == ["missing report-id"])
        #expect(faults { $0.contactInfo = nil } == ["missing contact-info"])
        for contact in ["mailto:a@b.example", "A <a@b.example>", "a@[192.0.2.1]", "a", "ü@b.example", "a@b..example"] {
            #expect(faults { $0.contactInfo = contact } == ["contactNotAddress contact-info"], "\(contact)")
        }
        #expect(
            faults { $0.dateRange = TLSReport.DateRange(start: nil, end: nil) }
                == ["missing date-range.start-datetime", "missing date-range.end-datetime"]
        )
        #expect(
            faults { $0.dateRange.end = UnixTime(secondsSinceEpoch: 0) } == ["endBeforeStart date-range.end-datetime"]
        )
        #expect(faults { $0.policies = [] } == ["missing policies"])
        #expect(faults { $0.policies[0].policy.domain = nil } == ["missing policies[0].policy.policy-domain"])
        #expect(
            faults { $0.policies[0].policy.domain = "bücher.example" } == [
                "notADomain policies[0].policy.policy-domain"
            ]
        )
        #expect(faults { $0.policies[0].policy.lines = [] } == ["leftOut policies[0].policy.policy-string"])
        #expect(faults { $0.policies[0].policy.mxHosts = [] } == ["leftOut policies[0].policy.mx-host"])
        #expect(faults { $0.policies[0].policy.mxHosts = ["ü"] } == ["notInALabels policies[0].policy.mx-host"])
        #expect(faults { $0.policies[0].policy.type = .tlsa } == ["superfluous policies[0].policy.mx-host"])
        #expect(
            faults { $0.policies[0].policy.type = .noPolicyFound }
                == ["superfluous policies[0].policy.policy-string", "superfluous policies[0].policy.mx-host"]
        )
        #expect(
            faults { $0.policies[0].policy.type = TLSPolicyType(rawValue: "other") }.first
                == "unknownPolicyType policies[0].policy.policy-type"
        )
        let summary = "policies[0].summary.total-failure-session-count"
        #expect(faults { $0.policies[0].summary.failedSessions = -1 } == ["countOutOfRange \(summary)"])
        #expect(faults { $0.policies[0].summary.failedSessions = 1 << 53 } == ["countOutOfRange \(summary)"])
    }

    /// What makes a report poorer does not keep it from being sent.
    @Test func notes() throws {
        var report = sampleReport()
        report.policies[0].policy.lines = []
        report.policies[0].policy.mxHosts = []
        report.policies[0].failureDetails[0].failureReasonCode = nil
        report.policies[0].failureDetails[0].additionalInformation = "see log"
        report.policies[0].failureDetails[0].receivingIP = "mx"
        let domain = try DomainName(parsing: "example.com")
        let date = UnixTime(secondsSinceEpoch: 0)
        let prepared = try PreparedReport(report, about: domain, compression: nil, date: date)
        let codes: [Fault.Code] = [.leftOut, .leftOut, .notAnAddress, .notAURI, .missingReason]
        #expect(prepared.notes.map(\.code) == codes && prepared.notes.allSatisfy { !$0.isBlocking })
        report.policies[0].policy.domain = nil
        let fault = #expect(throws: PreparedReport.Fault.self) {
            try PreparedReport(report, about: domain, compression: nil, date: date)
        }
        #expect(fault?.faults.map(\.path) == ["policies[0].policy.policy-domain"])
    }

    @Test(.proves("R-JSON-19", "R-JSON-21"))
    func faultsOfDetails() {
        let detail = "policies[0].failure-details[0]"
        func faults(_ change: (inout TLSReport.FailureDetail) -> Void) -> [String] {
            self.faults { change(&$0.policies[0].failureDetails[0]) }
        }
        #expect(faults { $0.failedSessions = 0 } == ["countOutOfRange \(detail).failed-session-count"])
        #expect(faults { $0.sendingMTAIP = "mx" } == ["notAnAddress \(detail).sending-mta-ip"])
        #expect(faults { $0.receivingIP = "[::1]" } == ["notAnAddress \(detail).receiving-ip"])
        #expect(faults { $0.additionalInformation = "see log" } == ["notAURI \(detail).additional-information"])
        #expect(faults { $0.failureReasonCode = nil } == ["missingReason \(detail).failure-reason-code"])
        #expect(
            faults {
                $0.resultType = .certificateExpired
                $0.failureReasonCode = nil
            } == []
        )
        #expect(faults { $0.resultType = TLSResultType(rawValue: "") } == ["missing \(detail).result-type"])
    }

    /// A policy that could not be had has no text to be told.
    @Test(arguments: [TLSResultType.stsPolicyFetchError, .stsWebPKIInvalid, .stsPolicyInvalid])
    func withoutPolicy(type: TLSResultType) {
        let faults = faults {
            $0.policies[0].policy.lines = []
            $0.policies[0].policy.mxHosts = []
            $0.policies[0].summary.successfulSessions = 0
            $0.policies[0].failureDetails = [TLSReport.FailureDetail(resultType: type, failedSessions: 3)]
        }
        #expect(faults.isEmpty)
    }
}
