// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSTesting
import MTASTSZLIB
import RequirementTrait
import Testing

extension ReportTests {
    /// A day of 100,000 sessions over 1,000 domains, from the counter to files and back.
    struct SimulatedDayTests {
        @Test(.proves("R-JSON-06", "R-JSON-11", "R-JSON-19", "R-JSON-24"))
        func everybodyReadsTheSameTotals() async throws {
            let simulation = SimulatedDay(seed: 8_460, sessions: 100_000, domains: 1_000)
            let counters = (0..<2).map { _ in SessionCounter(clock: SystemWallClock()) }
            simulation.count(into: counters[0], counters[1])
            var tally = counters[0].drain()
            tally.merge(counters[1].drain())
            let sender = try ReportSender(organizationName: "Sender Ltd.", contactInfo: "tls-reports@sender.example")
            let reports = tally.reports(for: simulation.day, from: sender)
            #expect(reports.count == 1_000)

            let expected = Dictionary(
                uniqueKeysWithValues: simulation.totals.map { ("\($0.key).json.gz", Judge.Totals($0.value)) }
            )
            try await ReportTests.withFolder { folder in
                var octets = 0
                for (domain, report) in reports {
                    let file = try ZLIBCompression().gzip(report.json())
                    octets += file.count
                    try Data(file).write(to: folder.appending(path: "\(domain).json.gz"))
                }
                let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                let ours = try ReportTests.read(files.sorted { $0.lastPathComponent < $1.lastPathComponent })
                let theirs = try Judge.read([folder])
                #expect(ours == theirs)
                for reading in [ours, theirs] {
                    #expect(Dictionary(uniqueKeysWithValues: reading.map { ($0.file, $0.totals) }) == expected)
                    #expect(Set(reading.map(\.id)).count == 1_000)
                }
                let sum = expected.values.reduce(into: Judge.Totals()) { $0.add($1) }
                print(
                    "| simulated day | 100000 sessions, those under DANE and MTA-STS in both entries | 1000 reports | \(octets) octets gzip |"
                )
                for (name, reading) in [
                    ("counted", [sum]), ("we read", ours.map(\.totals)), ("parsedmarc reads", theirs.map(\.totals)),
                ] {
                    let all = reading.reduce(into: Judge.Totals()) { $0.add($1) }
                    #expect(all == sum)
                    let details = all.details.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                    print(
                        "| \(name) | successful \(all.successful) | failed \(all.failed) | \(details.joined(separator: ", ")) |"
                    )
                }
            }
        }
    }
}

extension Judge.Totals {
    fileprivate init(_ totals: SimulatedDay.Totals) {
        self.init(
            successful: totals.successful,
            failed: totals.failed,
            details: Dictionary(uniqueKeysWithValues: totals.failures.map { ($0.key.rawValue, $0.value) })
        )
    }
}
