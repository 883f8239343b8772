// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import mta_sts

struct DemoTests {
    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/demo.txt")

    @Test func theStoryIsTheSameOnEveryRun() async throws {
        let expected = try String(contentsOf: Self.golden, encoding: .utf8)
        for _ in 0..<3 { #expect(try await DemoStory().told() == expected) }
    }

    @Test func theStoryFitsATerminal() async throws {
        let lines = try await DemoStory().told().split(separator: "\n", omittingEmptySubsequences: false)
        #expect((40...70).contains(lines.count))
        for line in lines { #expect(line.count <= 80, "\(line)") }
    }

    @Test func theStoryShowsEachDecision() async throws {
        let text = try await DemoStory().told()
        for words in [
            "skip: in no mx pattern", "skip: TLS check failed", "deliver\n", "deliver, and report",
            "mode enforce stays", "sts: starttls-not-supported", "sts: certificate-expired", "sts: success",
            "sts: sts-policy-fetch-error",
        ] {
            #expect(text.contains(words), "\(words)")
        }
    }
}
