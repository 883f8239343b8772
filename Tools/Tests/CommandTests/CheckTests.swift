// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import Testing

@testable import mta_sts

struct CheckTests {
    @Test func aGoodDomainIsFine() async throws {
        let report = await (try ScriptedNetwork()).report()
        #expect(report.findings == [])
        #expect(report.unknowns == [])
        #expect(report.exitCode == 0)
        #expect(
            report.text() == """
                example.com
                  record       id 20251231T000000
                  policy       mode enforce, max_age 1209600 (2 weeks), 1 mx pattern
                  policy host  mta-sts.example.com, 192.0.2.1
                  certificate  2025-12-02 to 2026-03-02 for mta-sts.example.com
                  MX hosts        10 mx1.example.com  by *.example.com
                                  20 mx2.example.com  by *.example.com
                  result       fine

                """
        )
    }

    @Test func aDomainWithoutMTASTSIsTold() async throws {
        var network = try ScriptedNetwork()
        network.dns.answer(.noSuchName(), at: try #require(network.domain.stsRecordName))
        network.addresses[network.policyHost] = .success(DNSAnswer(.noSuchName))
        let report = await network.report()
        #expect(report.exitCode == 1)
        #expect(report.findings.contains { $0.subject == .record && $0.severity == .error })
        #expect(report.notes.contains("no-policy"))
        #expect(network.http.requests.isEmpty)
    }

    @Test func aPolicyWithoutARecordIsTold() async throws {
        let network = try ScriptedNetwork()
        network.dns.answer(.noSuchName(), at: try #require(network.domain.stsRecordName))
        let report = await network.report()
        #expect(report.faults.contains("record-missing-for-policy"))
        #expect(report.exitCode == 1)
    }

    @Test func anInvalidPolicyIsDiagnosedWithItsLine() async throws {
        let network = try ScriptedNetwork()
        network.http.publishPolicy(
            ScriptedNetwork.goodPolicy.replacing("enforce", with: "Enforce"),
            for: network.domain
        )
        let report = await network.report()
        #expect(report.exitCode == 1)
        #expect(report.policy.value?.policy == nil)
        let finding = try #require(report.findings.first { $0.severity == .error })
        #expect(finding.subject == .policy)
        #expect(finding.line == 2)
        #expect(report.text().contains("policy line 2: "))
    }

    @Test func anMXHostThatIsNotCoveredIsAnErrorUnderEnforce() async throws {
        var network = try ScriptedNetwork()
        network.setMX("mx1.example.com", "backup.example.net")
        let report = await network.report()
        #expect(report.faults == ["mx-not-covered"])
        #expect(report.findings[0].severity == .error)
        #expect(report.findings[0].message.contains("backup.example.net"))
        #expect(report.text().contains("backup.example.net  no pattern"))
    }

    @Test func noMXHostCoveredIsToldOnTop() async throws {
        var network = try ScriptedNetwork()
        network.setMX("mx.example.net")
        let report = await network.report()
        #expect(report.faults == ["mx-not-covered", "mx-none-covered"])
        #expect(report.notes == ["mx-pattern-unused"])
    }

    @Test func underTestingAnUncoveredHostIsAWarning() async throws {
        var network = try ScriptedNetwork()
        network.http.publishPolicy(
            ScriptedNetwork.goodPolicy.replacing("enforce", with: "testing"),
            for: network.domain
        )
        network.setMX("mx.example.net")
        let report = await network.report()
        #expect(report.findings.first { $0.rule == "mx-not-covered" }?.severity == .warning)
        #expect(report.notes.contains("mode-testing"))
    }

    @Test func testingForLongIsAWarning() async throws {
        let network = try ScriptedNetwork()
        network.http.publishPolicy(
            ScriptedNetwork.goodPolicy.replacing("enforce", with: "testing"),
            for: network.domain
        )
        network.dns.publishRecord("v=STSv1; id=20250101T000000;", for: network.domain)
        #expect(await network.report().faults == ["mode-testing-long"])
    }

    @Test func dnsTroubleIsNotAFinding() async throws {
        var network = try ScriptedNetwork()
        network.dns.answer(.failure(DNSFailure(.serverFailure)), at: try #require(network.domain.stsRecordName))
        network.mx = .failure(DNSFailure(.timeout))
        network.addresses[network.policyHost] = .failure(DNSFailure(.unreachable))
        let report = await network.report()
        #expect(report.exitCode == 2)
        #expect(report.unknowns.count == 3)
        #expect(report.faults == [])
        let text = report.text()
        for words in ["SERVFAIL", "DNS time-out", "no DNS server could be reached", "3 things could not be found out"] {
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test func aDomainOfNoKindCannotBeChecked() async throws {
        let network = try ScriptedNetwork()
        for name in ["192.0.2.1", "a..b", "", "localhost", String(repeating: "abcdefghi.", count: 25) + "de"] {
            let report = await network.report(name)
            #expect(report.exitCode == 2, "\(name)")
            #expect(!report.unknowns.isEmpty)
        }
        #expect(network.dns.queries.isEmpty)
    }

    @Test func uLabelsAreConverted() async throws {
        let report = await (try ScriptedNetwork()).report("B\u{FC}cher.example")
        #expect(report.domain?.description == "xn--bcher-kva.example")
        #expect(report.text().hasPrefix("xn--bcher-kva.example (B\u{FC}cher.example)\n"))
    }
}

struct CheckMailHostTests {
    @Test func theImplicitMXIsHeldAgainstThePolicy() async throws {
        var network = try ScriptedNetwork()
        network.mx = .success(DNSAnswer(.noData))
        network.addresses[network.domain] = IPAddress("192.0.2.2").map { .success(DNSAnswer(.records([$0]))) }
        let report = await network.report()
        #expect(report.notes.contains("implicit-mx"))
        #expect(report.faults == ["mx-not-covered", "mx-none-covered"])
        #expect(report.hosts.map(\.name) == [network.domain])
    }

    @Test func theNullMXIsExplained() async throws {
        var network = try ScriptedNetwork()
        network.setMX(".")
        #expect(await network.report().faults == ["null-mx"])
        network.setMX(".", "mx1.example.com")
        #expect(await network.report().faults == ["null-mx-beside-others"])
    }

    @Test func whatIsNoHostNameIsTold() async throws {
        var network = try ScriptedNetwork()
        network.setMX("192.0.2.1", "mx1.example.com")
        #expect(await network.report().faults == ["mx-host-name"])
    }

    @Test func aDomainThatDoesNotExistIsTold() async throws {
        var network = try ScriptedNetwork()
        network.mx = .success(DNSAnswer(.noSuchName))
        #expect(await network.report().faults == ["domain-missing"])
    }

    @Test func aDomainWithoutAnyMailHostIsTold() async throws {
        var network = try ScriptedNetwork()
        network.mx = .success(DNSAnswer(.noData))
        #expect(await network.report().faults == ["no-mail-host"])
    }
}

struct CheckPolicyHostTests {
    private func finding(_ network: ScriptedNetwork) async throws -> CheckFinding {
        let report = await network.report()
        #expect(report.exitCode == 1)
        return try #require(report.findings.first { $0.severity != .note })
    }

    @Test func aPolicyHostWithoutAddressIsTold() async throws {
        var network = try ScriptedNetwork()
        network.addresses[network.policyHost] = .success(DNSAnswer(.noData))
        #expect(try await finding(network).rule == "policy-host-address")
    }

    @Test func redirectsMediaTypesAndStatusesComeWithAdvice() async throws {
        let network = try ScriptedNetwork()
        let body = Array(ScriptedNetwork.goodPolicy.utf8)
        let cases: [(HTTPResponse, String)] = [
            (HTTPResponse(status: 301, contentType: nil, body: []), "without a redirect"),
            (HTTPResponse(status: 404, contentType: "text/html", body: body), "/.well-known/mta-sts.txt"),
            (HTTPResponse(status: 200, contentType: "text/html", body: body), "Content-Type: text/plain"),
            (HTTPResponse(status: 200, contentType: nil, body: body), "Content-Type: text/plain"),
        ]
        for (response, advice) in cases {
            network.http.answer(.response(response), at: network.policyHost)
            let finding = try await finding(network)
            #expect(finding.rule == "policy-fetch")
            #expect(finding.message.contains(advice), "\(finding.message)")
        }
    }

    @Test func aCertificateFaultIsNamed() async throws {
        var network = try ScriptedNetwork()
        network.http.answer(.failure(.certificate(reason: "invalid")), at: network.policyHost)
        let cases: [(CertificateFacts?, String)] = [
            (ScriptedNetwork.certificate(days: -1), "expired on 2025-12-31"),
            (ScriptedNetwork.certificate(days: 90, from: 1), "not valid before 2026-01-02"),
            (ScriptedNetwork.certificate(days: 60, names: ["www.example.com"]), "names www.example.com, not mta-sts."),
            (ScriptedNetwork.certificate(days: 60, names: []), "has no DNS name"),
            (ScriptedNetwork.certificate(days: 60, chainLength: 1), "the intermediate is missing"),
            (ScriptedNetwork.certificate(days: 60), "no root that is trusted"),
            (nil, "is not valid: invalid"),
        ]
        for (facts, words) in cases {
            network.facts = facts
            let finding = try await finding(network)
            #expect(finding.rule == "policy-host-certificate")
            #expect(finding.message.contains(words), "\(finding.message)")
        }
    }

    @Test func aCertificateThatEndsSoonIsAWarning() async throws {
        var network = try ScriptedNetwork()
        network.facts = ScriptedNetwork.certificate(days: 13)
        #expect(try await finding(network).rule == "certificate-expires-soon")
        network.facts = ScriptedNetwork.certificate(days: 14)
        #expect(await network.report().exitCode == 0)
    }

    @Test func aPolicyHostOutsideThePublicInternetIsTold() async throws {
        var network = try ScriptedNetwork()
        network.http.answer(.failure(.connection(reason: "not a public address")), at: network.policyHost)
        network.addresses[network.policyHost] = IPAddress("10.0.0.1").map { .success(DNSAnswer(.records([$0]))) }
        #expect(try await finding(network).rule == "policy-host-not-public")
        network.addresses[network.policyHost] = IPAddress("9.9.9.9").map { .success(DNSAnswer(.records([$0]))) }
        #expect(try await finding(network).rule == "policy-fetch")
    }

    @Test func ourOwnLimitIsNoFinding() async throws {
        let network = try ScriptedNetwork()
        network.http.answer(.failure(.overloaded(reason: "full")), at: network.policyHost)
        let report = await network.report()
        #expect(report.exitCode == 2)
        #expect(report.faults == [])
    }
}

struct CheckRunTests {
    private func run(_ network: ScriptedNetwork, _ domains: [String], parallel: Int) async -> ([String], [Int], Int32) {
        var inputs: [String] = []
        var progress: [Int] = []
        let check = DomainCheck(network: network, now: ScriptedNetwork.now)
        let code = await CheckRun(check: check, parallel: parallel).run(domains) { report in
            inputs.append(report.input)
        } progress: { done in
            progress.append(done)
        }
        return (inputs, progress, code)
    }

    @Test(arguments: [1, 3, 500]) func reportsComeInTheOrderOfTheDomains(_ parallel: Int) async throws {
        let domains = (0..<100).map { "d\($0).example" } + ["example.com"]
        let (inputs, progress, code) = await run(try ScriptedNetwork(), domains, parallel: parallel)
        #expect(inputs == domains)
        #expect(progress == Array(1...101))
        #expect(code == 1)
    }

    @Test func theHighestExitCodeCounts() async throws {
        let network = try ScriptedNetwork()
        #expect(await run(network, ["example.com"], parallel: 4).2 == 0)
        #expect(await run(network, ["example.com", "other.example"], parallel: 4).2 == 1)
        #expect(await run(network, ["localhost", "example.com", "other.example"], parallel: 4).2 == 2)
    }

    @Test func aDomainThatIsSlowHoldsUpNoOther() async throws {
        let network = try ScriptedNetwork()
        let record = try #require(network.domain.stsRecordName)
        network.dns.hold(record)
        let domains = ["example.com"] + (0..<10).map { "d\($0).example" }
        let check = DomainCheck(network: network, now: ScriptedNetwork.now)
        var isFirst = true
        let code = await CheckRun(check: check, parallel: 2).run(domains) { _ in
            isFirst = false
        } progress: { done in
            if done == 10 {
                #expect(isFirst)
                network.dns.release(record)
            }
        }
        #expect(code == 1)
        #expect(!isFirst)
    }

    @Test func theJSONIsOneObjectALine() async throws {
        var network = try ScriptedNetwork()
        network.setMX("mx1.example.com", "backup.example.net")
        let line = await network.report().json
        #expect(line.filter { $0 == "\n" }.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["domain"] as? String == "example.com")
        #expect(object["exitCode"] as? Int == 1)
        #expect(object["recordID"] as? String == "20251231T000000")
        #expect((object["policy"] as? [String: Any])?["mode"] as? String == "enforce")
        let hosts = try #require(object["mx"] as? [[String: Any]])
        #expect(hosts.map { $0["pattern"] as? String } == ["*.example.com", nil])
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["rule"] as? String } == ["mx-not-covered"])
    }
}
