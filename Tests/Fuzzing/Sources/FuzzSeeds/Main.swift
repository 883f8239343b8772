// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Writes the inputs of Tests/Vectors as files: `FuzzSeeds VECTORS KIND FOLDER`.
@main
struct Main {
    struct Vector: Decodable {
        let kind: String
        let input: Octets?
        let rrset: [[Octets]]?
        let pattern: String?
        let host: String?

        /// The input in the form that the fuzz target of the kind reads.
        var octets: [UInt8]? {
            if let rrset {
                return Array(rrset.map { Array($0.map(\.value).joined(separator: [1])) }.joined(separator: [2]))
            }
            if let pattern, let host { return Array("\(pattern)\n\(host)".utf8) }
            return input?.value
        }
    }

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else { throw CocoaError(.fileReadInvalidFileName) }
        let vectors = URL(fileURLWithPath: arguments[1])
        let folder = URL(fileURLWithPath: arguments[3])
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(at: vectors, includingPropertiesForKeys: nil)
        where file.pathExtension == "jsonl" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                guard let vector = try? JSONDecoder().decode(Vector.self, from: Data(line.utf8)),
                    arguments[2].split(separator: ",").contains(Substring(vector.kind)), let octets = vector.octets
                else { continue }
                try Data(octets).write(to: folder.appendingPathComponent("seed-\(count)"))
                count += 1
            }
        }
        guard count > 0 else { throw CocoaError(.fileReadCorruptFile) }
        print(count)
    }
}
