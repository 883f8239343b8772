// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import Testing

@Suite struct ReadmeTests {
    @Test func theExampleIsThisFoldersCode() throws {
        let code = "Tests/Integration/Tests/ResolverTests/ReadmeExample.swift"
        #expect(try Repository.page("README.md", quotes: code))
    }

    @Test func theExampleMakesAResolver() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "mta-sts-readme-\(UInt64.random(in: 0 ... .max))"
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let resolver = try makeResolver(storeFolder: folder.path)
        resolver.setPolicyOverride(
            .pin(try STSPolicy(parsing: "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 1\n")),
            for: try #require(DomainName("example.com"))
        )
        let domain = try #require(DomainName("example.com"))
        #expect(try await mayConnect(to: try #require(DomainName("a.example.com")), for: domain, resolver))
        #expect(try await !mayConnect(to: try #require(DomainName("b.example.com")), for: domain, resolver))
    }
}
