// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSZLIB
import Testing

/// One after another: some measure the memory of the process, some close a receiver for a while.
@Suite(.serialized) enum ReportTests {
    /// A folder that is there for the body alone.
    static func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ReportTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// What our own reader makes of files, in the words of the foreign one.
    static func read(_ files: [URL]) throws -> [Judge.Report] {
        let reader = ReportFileReader(compression: ZLIBCompression())
        return try files.flatMap { file in
            let name = file.lastPathComponent
            return try reader.read([UInt8](try Data(contentsOf: file)), name: name).map { found in
                let reading = try found.result.get()
                #expect(reading.deviations.filter(\.isBreach).isEmpty, "\(found.origin)")
                return try Judge.Report(reading.report, file: name)
            }
        }
    }

    /// A report with successes and failures under three policies.
    static func sample(of domain: DomainName) throws -> TLSReport {
        let day = ReportDay(containing: UnixTime(secondsSinceEpoch: 1_795_564_800))
        let sender = try ReportSender(organizationName: "Sender Ltd.", contactInfo: "tls-reports@sender.example")
        let text = Array(
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.\(domain)\r\nmx: *.\(domain)\r\nmax_age: 86400\r\n".utf8
        )
        let sts = SessionPolicy(type: .sts, domain: domain, text: text)
        let host = try #require(DomainName("mx1.\(domain)"))
        let dane = SessionPolicy.tlsa(baseDomain: host, records: ["3 1 1 " + String(repeating: "0f", count: 32)])
        let none = SessionPolicy.noPolicyFound(domain)
        let counter = SessionCounter(clock: SystemWallClock())
        func count(_ number: Int, _ result: TLSFinding.Result, _ policy: SessionPolicy, _ peer: SessionPeer = .init()) {
            for _ in 0..<number {
                counter.count(
                    result,
                    under: policy,
                    mxHosts: policy.type == .sts ? ["mx1.\(domain)", "*.\(domain)"] : [],
                    for: domain,
                    peer: peer,
                    at: day.start
                )
            }
        }
        let peer = SessionPeer(
            mxHost: host,
            helo: "mx1 of \(domain)",
            receivingIP: IPAddress("2001:db8::25"),
            sendingIP: IPAddress("192.0.2.1")
        )
        count(17, .success, sts)
        count(2, .failure(.certificateExpired, reason: "X509_V_ERR_CERT_HAS_EXPIRED"), sts, peer)
        count(1, .failure(.startTLSNotSupported, reason: nil), sts, peer)
        count(4, .success, dane)
        count(3, .failure(.validationFailure, reason: "\"quoted\" \\ and é"), dane, peer)
        count(5, .success, none)
        return try #require(counter.drain().report(for: day, domain: domain, from: sender))
    }

    /// What the sample says, counted by hand, as both readers must read it in a file.
    static func sampleReading(of domain: DomainName, in file: URL) -> [Judge.Report] {
        let domains: [String: Judge.Totals] = [
            domain.description: .init(
                successful: 22,
                failed: 3,
                details: ["certificate-expired": 2, "starttls-not-supported": 1]
            ),
            "mx1.\(domain)": .init(successful: 4, failed: 3, details: ["validation-failure": 3]),
        ]
        return [
            Judge.Report(
                file: file.lastPathComponent,
                id: "2026-11-25.\(domain)@sender.example",
                start: "2026-11-25T00:00:00Z",
                end: "2026-11-25T23:59:59Z",
                domains: domains
            )
        ]
    }

    /// A path that no other test and no earlier run has posted to.
    static func freshPath() -> String { "/v1/\(UInt64.random(in: .min ... .max))" }
}

extension Judge.Report {
    /// What a report of ours says.
    init(_ report: TLSReport, file: String) throws {
        var domains: [String: Judge.Totals] = [:]
        for entry in report.policies {
            let totals = Judge.Totals(
                successful: entry.summary.successfulSessions,
                failed: entry.summary.failedSessions,
                details: Dictionary(
                    entry.failureDetails.map { ($0.resultType.rawValue, $0.failedSessions) },
                    uniquingKeysWith: +
                )
            )
            domains[try #require(entry.policy.domain), default: Judge.Totals()].add(totals)
        }
        self.init(
            file: file,
            id: try #require(report.reportID),
            start: Self.text(try #require(report.dateRange.start)),
            end: Self.text(try #require(report.dateRange.end)),
            domains: domains
        )
    }

    /// A moment as RFC 3339 writes it.
    private static func text(_ time: UnixTime) -> String {
        Date(timeIntervalSince1970: TimeInterval(time.secondsSinceEpoch)).formatted(.iso8601)
    }
}
