// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import Testing

/// Documentation/EmbeddingInAnMTA.md quotes the example MTA.
struct GuideTests {
    @Test func everyBlockOfTheGuideIsCodeOfTheExample() throws {
        let guide = try Repository.text(of: "Documentation/EmbeddingInAnMTA.md")
        let folder = Repository.root.appending(path: "Tools/Sources/ExampleMTA")
        let code = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { Self.unindented(try String(contentsOf: $0, encoding: .utf8)) }
        let blocks = guide.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(blocks.count >= 3)
        for block in blocks {
            let quoted = Self.unindented(block)
            #expect(code.contains { $0.contains(quoted) }, "not in the sources:\n\(block)")
        }
    }

    private static func unindented(_ text: String) -> String {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }
}
