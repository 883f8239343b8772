// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSTesting
import Testing

@Suite("The guides' code") struct GuideTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// Each block of Swift in a guide is a file of this folder, from its first import on.
    @Test(arguments: [
        ("GettingStarted", "FirstDecision"), ("WritingATransport", "OwnTransports"), ("WritingAStore", "OwnStore"),
        ("BesideDANE", "BesideDANE"),
    ])
    func isThatOfTheGuide(guide: String, example: String) throws {
        let root = (0..<3).reduce(Self.folder) { url, _ in url.deletingLastPathComponent() }
        let text = try String(contentsOf: root.appending(path: "Documentation/\(guide).md"), encoding: .utf8)
        let source = try String(contentsOf: Self.folder.appending(path: "\(example).swift"), encoding: .utf8)
        let start = try #require(source.firstRange(of: "import MTASTS\n"))
        #expect(text.contains("```swift\n" + source[start.lowerBound...] + "```"))
    }

    private func world(_ policy: String) throws -> (ScriptedDNS, ScriptedHTTPS) {
        let dns = ScriptedDNS()
        let https = ScriptedHTTPS()
        let domain = try DomainName(parsing: "example.com")
        dns.publishRecord("v=STSv1; id=1;", for: domain)
        https.publishPolicy(policy, for: domain)
        return (dns, https)
    }

    @Test(arguments: [("*.mail.example.com", true), ("*.example.net", false)])
    func firstDecisionIsByThePolicy(pattern: String, mayConnect: Bool) async throws {
        let (dns, https) = try world("version: STSv1\nmode: enforce\nmx: \(pattern)\nmax_age: 604800\n")
        let action = try await firstDecision(dns: dns, http: https).action
        #expect(action == (mayConnect ? .proceed(.webPKI) : .skip(.policyNameMismatch)))
    }

    @Test func ownStoreKeepsItsPromises() async {
        #expect(await PolicyStoreSuite.run { DictionaryStore() } == [])
    }

    struct Client: ProgramsDNSClient {
        let code: Int
        let strings: [[[UInt8]]]

        func txt(_ name: String) -> (code: Int, strings: [[[UInt8]]], secondsToLive: Int, isValidated: Bool) {
            (code, strings, 300, false)
        }
    }

    @Test(arguments: [0, 2, 3, 5])
    func ownDNSTellsAnswersFromFailures(code: Int) async throws {
        let record = [Array("v=STSv1; id=1;".utf8)]
        let dns = ProgramDNS(client: Client(code: code, strings: code == 0 ? [record] : []))
        let name = try DomainName(parsing: "_mta-sts.example.com")
        switch code {
        case 0: #expect(try await dns.txtRecords(at: name).records == [TXTRecord("v=STSv1; id=1;")])
        case 3: #expect(try await dns.txtRecords(at: name).records.isEmpty)
        default: await #expect(throws: DNSFailure.self) { try await dns.txtRecords(at: name) }
        }
    }

    @Test(arguments: [
        (DANEState.notApplicable, TLSRequirement?.some(.webPKI)), (.usable, .daneAndWebPKI), (.allUnusable, .webPKI),
        (.lookupFailed, nil),
    ])
    func requirementBesideDANE(dane: DANEState, expected: TLSRequirement?) async throws {
        let (dns, https) = try world("version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n")
        let resolver = PolicyResolver(dns: dns, http: https)
        let resolution = try await resolver.resolve(NextHop(recipientDomain: "example.com"))
        let host = try DomainName(parsing: "mx.example.com")
        #expect(await requirement(forMX: host, resolution) { _ in dane } == expected)
    }
}
