// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The checkout that the tests are of.
public enum Repository {
    /// Its folder.
    public static let root = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    /// The text of a file, by its path from the root.
    public static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Whether a page holds the code of a file, from its first import on, as one block.
    public static func page(_ page: String, quotes source: String) throws -> Bool {
        let code = try text(of: source)
        guard let start = code.firstRange(of: "import MTASTS\n") else { return false }
        return try text(of: page).contains("```swift\n" + code[start.lowerBound...] + "```")
    }
}
