// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Prints values as JSON.
enum JSONText {
    /// A value as one line of JSON with its keys in a fixed order, ended by a line feed.
    static func line(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The values are texts, whole numbers, flags and lists of them: nothing that JSON cannot hold.
        guard let data = try? encoder.encode(value) else { return "null\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
