// SPDX-License-Identifier: Apache-2.0

import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

/// Texts that once took time in the square of their size. The bounds are far above what linear code takes without
/// optimisation, and far below what quadratic code takes.
@Suite("TLSRPT: linear time")
struct ReportLinearityTests {
    @Test("A parameter list of comments that do not end", arguments: ["(;", "a=(;"])
    func openComments(unit: String) {
        let octets = Array(("text/plain;" + String(repeating: unit, count: 16_000)).utf8)
        var word = ""
        let seconds = processorSeconds { word = MIMEValue(octets).word }
        #expect(word == "text/plain")
        #expect(seconds < 2)
    }

    @Test("A long field TLS-Report-Domain against many policies")
    func statedDomain() throws {
        var report = sampleReport()
        report.policies = (0..<4_000).map { index in
            var entry = report.policies[0]
            entry.policy.domain = "d\(index).example"
            return entry
        }
        let mail = "TLS-Report-Domain: \(String(repeating: "aé", count: 20_000))\n\n{}"
        let part = try #require(try ReportMailReader().attachments(of: Array(mail.utf8)).parts.first)
        var conflicts: [ReportConflict] = []
        let seconds = processorSeconds { conflicts = part.conflicts(with: report) }
        #expect(conflicts.map(\.item) == [.policyDomain])
        #expect(seconds < 3)
    }

    /// Each name is unescaped a few times, not once for each of the others and for each name that there might be.
    @Test("Long escaped names in one object")
    func escapedNames() throws {
        let filler = String(repeating: "a", count: 150_000)
        let members = (0..<16).map { "\"\\u0041\(filler)\($0)\":0" }.joined(separator: ",")
        let octets = Array("{\"policies\":[],\(members)}".utf8)
        var count = 0
        let seconds = try processorSeconds { count = try TLSReport.read(json: octets).report.unknownMembers.count }
        #expect(count == 16)
        let plain = Array(String(decoding: octets, as: UTF8.self).replacing("\\u0041", with: "A").utf8)
        let name = Array("\\u0041\(filler)".utf8)
        let single = try processorSeconds {
            for _ in 0..<16 { _ = name.span.unescaped(0..<name.count) }
            _ = try TLSReport.read(json: plain)
        }
        #expect(seconds < 5 * single)
    }
}
