// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Writes the inputs of Tests/Vectors as files: `FuzzSeeds VECTORS KINDS FOLDER`.
///
/// A kind that begins with a dot is the ending of files in the vectors' folder `mail`, each an input as a whole.
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
        for kind in arguments[2].split(separator: ",").map(String.init) {
            let inputs = try kind.hasPrefix(".") ? files(in: vectors, ending: kind) : inputs(in: vectors, kind: kind)
            guard !inputs.isEmpty else { throw CocoaError(.fileReadCorruptFile) }
            for (index, input) in inputs.enumerated() {
                try input.write(to: folder.appendingPathComponent("\(kind.drop { $0 == "." })-\(index)"))
            }
        }
    }

    private static func files(in vectors: URL, ending: String) throws -> [Data] {
        let mail = vectors.appendingPathComponent("mail")
        return try FileManager.default.contentsOfDirectory(at: mail, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(ending) }
            .map { try Data(contentsOf: $0) }
    }

    private static func inputs(in vectors: URL, kind: String) throws -> [Data] {
        try FileManager.default.contentsOfDirectory(at: vectors, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "jsonl" }
            .flatMap { try String(contentsOf: $0, encoding: .utf8).split(separator: "\n") }
            .compactMap { try? JSONDecoder().decode(Vector.self, from: Data($0.utf8)) }
            .filter { $0.kind == kind }
            .compactMap { $0.octets.map { Data($0) } }
    }
}
