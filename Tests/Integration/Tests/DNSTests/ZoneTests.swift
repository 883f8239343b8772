// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import RequirementTrait
import Testing

/// Look-ups of the zones of `world/dns` through unbound.
struct ZoneTests {
    private let world: DNSWorld
    private let dns: SystemDNS

    init() throws {
        world = try DNSWorld()
        dns = SystemDNS(server: try SystemDNS.Server(parsing: world.resolver), timeout: .seconds(5))
    }

    private func texts(_ domain: String) async throws -> [[String]] {
        let answer = try await dns.txtRecords(at: try #require(DomainName("_mta-sts.\(domain)")))
        return answer.records.map { $0.strings.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test(
        .proves("R-DISC-10", "R-DISC-11"),
        arguments: [
            ("good.example", [["v=STSv1; id=20260101;"]]),
            ("strings.example", [["v=STSv1;", " id=2026", "0104", ";"]]),
            ("two-records.example", [["v=STSv1; id=1;"], ["v=STSv1; id=2;"]]),
            ("spf-beside.example", [["v=STSv1; id=20260105;"], ["v=spf1 -all"]]),
            ("delegated.example", [["v=STSv1; id=20260106;"]]),
            ("chain-1.example", [["v=STSv1; id=20260106;"]]),
            ("d9999.bulk.example", [["v=STSv1; id=b9999;"]]),
        ]
    )
    func findsTheRecords(domain: String, expected: [[String]]) async throws {
        #expect(try await texts(domain).sorted { $0.joined() < $1.joined() } == expected)
    }

    @Test func keepsEveryOctet() async throws {
        let name = try #require(DomainName("_mta-sts.binary.example"))
        let expected = Array("v=STSv1; id=1;".utf8) + [0, 1, 255, 0x22, 0x5C]
        #expect(try await dns.txtRecords(at: name).records == [TXTRecord(strings: [expected])])
    }

    @Test(.proves("R-DISC-27"), arguments: [("over-512.example", 4), ("over-4096.example", 25)])
    func findsLongAnswersComplete(domain: String, count: Int) async throws {
        let texts = try await texts(domain)
        #expect(Set(texts).count == count)
        #expect(texts.contains(["v=STSv1; id=20260107;"]))
    }

    @Test(.proves("R-DISC-25")) func tellsAbsenceAndItsTime() async throws {
        let missing = try await dns.txtRecords(at: try #require(DomainName("_mta-sts.no-such.example")))
        guard case .noSuchName = missing.content else {
            Issue.record("\(missing)")
            return
        }
        #expect(try #require(missing.timeToLive) <= .seconds(45))
        let empty = try await dns.txtRecords(at: try #require(DomainName("mta-sts.no-record.example")))
        guard case .noData = empty.content else {
            Issue.record("\(empty)")
            return
        }
        #expect(try #require(empty.timeToLive) <= .seconds(45))
        let dangling = try await dns.txtRecords(at: try #require(DomainName("_mta-sts.dangling.example")))
        guard case .noSuchName = dangling.content else {
            Issue.record("\(dangling)")
            return
        }
    }

    @Test(
        .proves("R-DISC-25"),
        arguments: [
            ("_mta-sts.x.servfail.example", .serverFailure), ("_mta-sts.x.refused.example", .serverFailure),
            ("_mta-sts.bogus.example", .serverFailure),
        ] as [(String, DNSFailure.Code)]
    )
    func tellsServerFailure(name: String, expected: DNSFailure.Code) async throws {
        await #expect { try await dns.txtRecords(at: try #require(DomainName(name))) } throws: { error in
            (error as? DNSFailure)?.code == expected
        }
    }

    /// unbound follows a chain of its own to a limit and then gives what it has or SERVFAIL.
    @Test(.proves("R-DISC-10")) func anAliasLoopIsAFailure() async throws {
        await #expect { try await dns.txtRecords(at: try #require(DomainName("_mta-sts.loop-1.example"))) } throws: {
            [.aliasLoop, .serverFailure].contains(($0 as? DNSFailure)?.code)
        }
    }

    @Test(.proves("R-DISC-28")) func theADBitShowsOnlyForTheSignedZone() async throws {
        let signed = try await dns.txtRecords(at: try #require(DomainName("_mta-sts.signed.example")))
        #expect(signed.records == [TXTRecord("v=STSv1; id=20260108;")])
        #expect(signed.isAuthenticated)
        let absent = try await dns.txtRecords(at: try #require(DomainName("no-such.signed.example")))
        #expect(absent.isAuthenticated)
        #expect(try await !dns.txtRecords(at: try #require(DomainName("_mta-sts.good.example"))).isAuthenticated)
    }

    @Test func findsMXRecordsInOrder() async throws {
        let good = try await dns.mxRecords(at: try #require(DomainName("good.example")))
        #expect(good.records.map(\.exchange) == [DomainName("mx1.good.example"), DomainName("mx2.good.example")])
        #expect(good.records.map(\.preference) == [10, 20])
        let null = try await dns.mxRecords(at: try #require(DomainName("null-mx.example")))
        #expect(null.records.map(\.isNullMX) == [true])
        #expect(null.records.map(\.exchange) == [nil])
        let odd = try await dns.mxRecords(at: try #require(DomainName("odd-mx.example")))
        #expect(odd.records.map(\.exchangeText) == ["mx.odd-mx.example", "odd\\032host.example", "192.0.2.1"])
        #expect(odd.records.map(\.exchange) == [DomainName("mx.odd-mx.example"), nil, nil])
    }

    @Test func findsAddresses() async throws {
        let both = try await dns.addresses(of: try #require(DomainName("mta-sts.delegated.example")))
        #expect(both.records.map(\.description) == ["::1", "127.0.0.1"])
        let one = try await dns.addresses(of: try #require(DomainName("mta-sts.good.example")))
        #expect(one.records.map(\.description) == ["127.0.0.1"])
        let none = try await dns.addresses(of: try #require(DomainName("mta-sts.no-such.example")))
        guard case .noSuchName = none.content else {
            Issue.record("\(none)")
            return
        }
    }

    @Test func twoThousandLookUpsAtOnceAreAllRight() async throws {
        let wrong = await withTaskGroup(of: String?.self) { group in
            for index in 0..<2000 {
                group.addTask {
                    guard let name = DomainName("_mta-sts.d\(index).bulk.example") else { return "\(index)" }
                    do {
                        let answer = try await dns.txtRecords(at: name)
                        return answer.records == [TXTRecord("v=STSv1; id=b\(index);")] ? nil : "\(index): \(answer)"
                    } catch {
                        return "\(index): \(error)"
                    }
                }
            }
            var wrong: [String] = []
            for await detail in group { if let detail { wrong.append(detail) } }
            return wrong
        }
        #expect(wrong == [])
    }

    @Test func theResolverCountsQueries() async throws {
        let domain = "_mta-sts.d\(Int.random(in: 5000..<10_000)).bulk.example"
        let before = try world.resolverQueryCount(for: domain, type: "TXT")
        _ = try await dns.txtRecords(at: try #require(DomainName(domain)))
        #expect(try world.resolverQueryCount(for: domain, type: "TXT") == before + 1)
    }
}
