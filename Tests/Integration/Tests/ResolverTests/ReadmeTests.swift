// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import Testing

@Suite struct ReadmeTests {
    @Test func theExampleIsThisFilesCode() throws {
        let file = URL(filePath: #filePath)
        let root = (0..<5).reduce(file) { url, _ in url.deletingLastPathComponent() }
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let example = file.deletingLastPathComponent().appending(path: "ReadmeExample.swift")
        let source = try String(contentsOf: example, encoding: .utf8)
        let start = try #require(source.firstRange(of: "import MTASTS\n"))
        #expect(readme.contains("```swift\n" + source[start.lowerBound...] + "```"))
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
