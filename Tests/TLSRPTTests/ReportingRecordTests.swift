// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import TLSRPT
import Testing

@Suite("TLSRPT: the record's name, printing, limits")
struct ReportingRecordTests {
    /// RFC 8460 section 3: the policy domain itself, never `_smtp._tcp` and never a parent domain.
    @Test(.proves("R-TXTR-01")) func name() throws {
        let domain = try #require(DomainName("Mail.Example.COM."))
        #expect(domain.tlsReportingRecordName?.description == "_smtp._tls.mail.example.com")
        // 10 octets and a dot come before the name, and 253 are the most.
        let label = String(repeating: "a", count: 59)
        let longest = try #require(DomainName([label, label, label, label, "a"].joined(separator: ".")))
        #expect(longest.description.utf8.count == 241)
        #expect(longest.tlsReportingRecordName?.description.utf8.count == 252)
        let longer = try #require(DomainName([label, label, label, label, "aaa"].joined(separator: ".")))
        #expect(longer.tlsReportingRecordName == nil)
    }

    @Test(.proves("R-TXTR-07")) func prints() throws {
        let texts = ["mailto:r@x.example", "https://x.example/", "mailto:r@x.example"]
        let uris = texts.compactMap(TLSReportingRecord.ReportURI.init)
        let plain = try #require(TLSReportingRecord(reportURIs: uris))
        #expect(plain.description == "v=TLSRPTv1; rua=mailto:r@x.example,https://x.example/;")
        let extensions = [("a", "1"), ("a", "2")].compactMap { TLSReportingRecord.Extension(name: $0.0, value: $0.1) }
        let record = try #require(TLSReportingRecord(reportURIs: uris, extensions: extensions))
        #expect(record.description == "v=TLSRPTv1; rua=mailto:r@x.example,https://x.example/; a=1; a=2;")
        #expect(try TLSReportingRecord(parsing: record.description) == record)
        #expect(record.destinations == [.mailto(address: "r@x.example"), .https(url: "https://x.example/")])
        #expect(TLSReportingRecord(reportURIs: []) == nil)
    }

    @Test(arguments: [
        "", " ", "a", "mailto:a@b.example,mailto:c@d.example", "mailto:a@b.example ", "a:;", "a:!", "é:a",
    ])
    func notAURI(_ text: String) { #expect(TLSReportingRecord.ReportURI(text) == nil) }

    @Test(arguments: [
        ("", "1"), ("v", "1"), ("rua", "1"), ("_a", "1"), ("a b", "1"), ("a", ""), ("a", "b=c"), ("a", "b;"),
        ("a", "é"),
        (String(repeating: "n", count: 33), "1"),
    ])
    func notAnExtension(_ name: String, _ value: String) {
        #expect(TLSReportingRecord.Extension(name: name, value: value) == nil)
    }

    @Test(arguments: [("a", "1"), ("V", "1"), ("RUA", "1"), (String(repeating: "n", count: 32), "!<>~")])
    func anExtension(_ name: String, _ value: String) throws {
        let field = try #require(TLSReportingRecord.Extension(name: name, value: value))
        #expect(try TLSReportingRecord(parsing: "v=TLSRPTv1; rua=a:; \(name)=\(value)").extensions == [field])
    }

    /// 16 times the octets take about 16 times as long, not 256 times. The largest of the first two shapes has more than
    /// 10,000 URIs.
    @Test(arguments: WorstShape.all)
    func linearTime(_ shape: WorstShape) throws {
        let small = shape.seconds(count: 1000)
        let large = shape.seconds(count: 16_000)
        #expect(large < 80 * small + 0.05, "\(small) s, \(large) s")
    }

    @Test func manyURIs() throws {
        let texts = (0..<10_000).map { "mailto:r\($0)@x.example" }
        let united = "v=TLSRPTv1" + texts.map { "; rua=\($0)" }.joined()
        let listed = "v=TLSRPTv1; rua=" + (texts + texts).joined(separator: " , ")
        for text in [united, listed] {
            let record = try TLSReportingRecord(parsing: text)
            #expect(record.reportURIs.map(\.text) == texts)
            #expect(record.destinations.count == 10_000)
        }
    }
}

/// A head, a piece that changes with its number, repeated, and a tail.
struct WorstShape: CustomStringConvertible, Sendable {
    let description: String
    let head: String
    let piece: @Sendable (Int) -> String
    var tail = ""

    static let all = [
        WorstShape(description: "different rua fields", head: "v=TLSRPTv1") { "; rua=mailto:r\($0)@x.example" },
        WorstShape(description: "different URIs", head: "v=TLSRPTv1; rua=a:") { ",mailto:r\($0)@x.example" },
        WorstShape(description: "one URI repeated", head: "v=TLSRPTv1; rua=a:") { _ in ",mailto:r@x.example" },
        WorstShape(description: "no URIs", head: "v=TLSRPTv1; rua=a:") { _ in ",noscheme" },
        WorstShape(description: "extensions", head: "v=TLSRPTv1; rua=a:") { "; k\($0)=1" },
        WorstShape(description: "blanks", head: "v=TLSRPTv1; rua=a:", piece: { _ in "    " }, tail: "x"),
        WorstShape(description: "blanks round commas", head: "v=TLSRPTv1; rua=a:") { _ in "    ,    a:" },
        WorstShape(description: "a long URI", head: "v=TLSRPTv1; rua=https://x.example/") { _ in "abcd" },
        WorstShape(description: "a long user", head: "v=TLSRPTv1; rua=https://", piece: { _ in "user" }, tail: "@x"),
        WorstShape(description: "a long host", head: "v=TLSRPTv1; rua=https://", piece: { _ in "host" }, tail: "!"),
        WorstShape(description: "a long port", head: "v=TLSRPTv1; rua=https://x:") { _ in "0000" },
        WorstShape(description: "quotes", head: "v=TLSRPTv1; rua=mailto:%22", piece: { _ in "%5C%22" }, tail: "%22@x"),
        WorstShape(description: "at signs", head: "v=TLSRPTv1; rua=mailto:") { _ in "@%40" },
        WorstShape(description: "encoded octets", head: "v=TLSRPTv1; rua=mailto:") { _ in "%C3%A9" },
    ]

    /// The shortest of several runs, in seconds.
    func seconds(count: Int) -> Double {
        let octets = Array((head + (0..<count).map(piece).joined() + tail).utf8)
        let clock = ContinuousClock()
        let best = (0..<3).map { _ in
            clock.measure {
                let record = try? TLSReportingRecord(parsing: octets)
                _ = record?.destinations.count
            }
        }
        return (best.min() ?? .zero) / .seconds(1)
    }
}
