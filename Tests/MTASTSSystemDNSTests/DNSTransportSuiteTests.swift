// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting
import Testing

/// A transport that answers what the suite's zone says, but for one planted fault.
private struct FaultyTransport: DNSTransport {
    enum Fault: CaseIterable {
        case none, joinsStrings, losesRecords, cutsAtNUL, takesAbsenceForNoData, takesNoDataForAbsence
        case throwsOnAbsence, answersFailures, answersLoops, livesTooLong, mixesUp, neverEnds, ignoresCancellation
    }

    let suite: DNSTransportSuite
    let fault: Fault

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        if name == suite.silentName { return try await silence() }
        if name == suite.failingName {
            if fault == .answersFailures { return DNSAnswer(.noSuchName) }
            throw DNSFailure(.serverFailure)
        }
        guard let check = suite.checks.first(where: { $0.query == name }) else { return DNSAnswer(.noSuchName) }
        let timeToLive = Duration.seconds(fault == .livesTooLong ? check.timeToLive + 1 : check.timeToLive)
        return DNSAnswer(try content(check), timeToLive: timeToLive)
    }

    private func silence() async throws -> DNSAnswer<TXTRecord> {
        switch fault {
        case .neverEnds:
            try await Task.sleep(for: .seconds(3600))
        case .ignoresCancellation:
            try? await Task.sleep(for: .milliseconds(50))
        default:
            try await Task.sleep(for: .milliseconds(400))
        }
        throw DNSFailure(.timeout)
    }

    private func content(_ check: DNSTransportSuite.Check) throws -> DNSAnswer<TXTRecord>.Content {
        switch check.expectation {
        case .records(let records): .records(changed(records))
        case .noSuchName:
            switch fault {
            case .throwsOnAbsence: throw DNSFailure(.refused)
            case .takesAbsenceForNoData: .noData
            default: .noSuchName
            }
        case .noData: fault == .takesNoDataForAbsence ? .noSuchName : .noData
        case .failure:
            if fault == .answersLoops { .noData } else { throw DNSFailure(.aliasLoop) }
        }
    }

    private func changed(_ records: [TXTRecord]) -> [TXTRecord] {
        switch fault {
        case .joinsStrings: records.map { TXTRecord(strings: [Array($0.strings.joined())]) }
        case .losesRecords: records.count > 100 ? Array(records.dropLast()) : records
        case .cutsAtNUL: records.map { TXTRecord(strings: $0.strings.map { Array($0.prefix { $0 != 0 }) }) }
        case .mixesUp: Bool.random() ? records : [TXTRecord("another name's")]
        default: records.reversed()
        }
    }
}

struct DNSTransportSuiteTests {
    private static func suite() throws -> DNSTransportSuite {
        try DNSTransportSuite(
            origin: "suite.example",
            failingName: DomainName("failing.example"),
            silentName: DomainName("silent.example"),
            timeLimit: .seconds(2)
        )
    }

    @Test func aTransportThatKeepsItsPromisesHasNoViolation() async throws {
        let suite = try Self.suite()
        #expect(await suite.run(FaultyTransport(suite: suite, fault: .none)) == [])
    }

    @Test(
        arguments: [
            (.joinsStrings, "strings"), (.losesRecords, "over-32768-octets"), (.cutsAtNUL, "every-octet"),
            (.takesAbsenceForNoData, "absent"), (.takesNoDataForAbsence, "no-data"), (.throwsOnAbsence, "absent"),
            (.answersFailures, "server-failure"), (.answersLoops, "alias-loop"), (.livesTooLong, "single"),
            (.mixesUp, "parallel"), (.neverEnds, "no-answer"), (.ignoresCancellation, "cancelled-while-waiting"),
        ] as [(FaultyTransport.Fault, String)]
    )
    private func findsTheFault(fault: FaultyTransport.Fault, check: String) async throws {
        let suite = try Self.suite()
        let violations = await suite.run(FaultyTransport(suite: suite, fault: fault))
        #expect(violations.contains { $0.check == check }, "\(violations)")
    }

    @Test func theZoneFileWritesOctetsAsMasterFilesDo() throws {
        let lines = try Self.suite().zoneFile.split(separator: "\n").map(String.init)
        #expect(lines.contains("$ORIGIN suite.example."))
        #expect(lines.contains(#"strings 120 TXT "v=STSv1; " "id=2026" "" "0101;""#))
        #expect(lines.contains("alias 30 CNAME single"))
        let octets = try #require(lines.first { $0.hasPrefix("every-octet ") })
        #expect(octets.contains(#"TXT "\000\001"#))
        #expect(octets.contains(##" !\"#$%"##))
        #expect(octets.hasSuffix(#"\254\255""#))
    }

    @Test func namesOfChecksAndQueriesAreDistinct() throws {
        let checks = try Self.suite().checks
        #expect(Set(checks.map(\.name)).count == checks.count)
        #expect(checks.count >= 18)
    }

    @Test func anOriginThatIsTooLongIsRefused() {
        let label = String(repeating: "a", count: 60)
        let origin = "\(label).\(label).\(label).\(label).example"
        #expect(throws: DomainName.ParseError.self) { try DNSTransportSuite(origin: origin) }
    }
}
