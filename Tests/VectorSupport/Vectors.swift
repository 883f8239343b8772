// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// One line of a file in Tests/Vectors; the README there describes the kinds.
public protocol Vector: Decodable, Sendable, CustomStringConvertible {
    /// What the line's `kind` must be.
    static var kind: String { get }

    /// The stable name of the line.
    var id: String { get }
}

extension Vector {
    /// The stable name, which a failing test shows.
    public var description: String { id }
}

/// Reads the files of Tests/Vectors.
public enum Vectors {
    /// All vectors of a file, for `@Test(arguments:)`.
    ///
    /// - Parameters:
    ///   - name: The file's name without `.jsonl`.
    ///   - type: What each line holds.
    /// - Throws: ``VectorError`` if the file is missing or empty, a line is malformed or of another kind, or an id is
    ///   there twice.
    public static func load<V: Vector>(_ name: String, as type: V.Type = V.self) throws -> [V] {
        let file = directory.appendingPathComponent(name + ".jsonl")
        let lines: [Substring]
        do {
            lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        } catch {
            throw VectorError(file: name, line: 0, reason: "\(error)")
        }
        guard !lines.isEmpty else { throw VectorError(file: name, line: 0, reason: "the file is empty") }
        let decoder = JSONDecoder()
        var ids: Set<String> = []
        return try lines.enumerated().map { index, line in
            let vector: V
            do {
                let data = Data(line.utf8)
                let kind = try decoder.decode(Kind.self, from: data).kind
                guard kind == V.kind else {
                    throw VectorError(file: name, line: index + 1, reason: "kind \(kind), not \(V.kind)")
                }
                vector = try decoder.decode(V.self, from: data)
            } catch let error as VectorError {
                throw error
            } catch {
                throw VectorError(file: name, line: index + 1, reason: "\(error)")
            }
            guard ids.insert(vector.id).inserted else {
                throw VectorError(file: name, line: index + 1, reason: "the id \(vector.id) is there twice")
            }
            return vector
        }
    }

    /// The vectors of several files of one kind.
    public static func load<V: Vector>(_ names: [String], as type: V.Type = V.self) throws -> [V] {
        try names.flatMap { try load($0, as: type) }
    }

    private static var directory: URL {
        URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")
    }

    private struct Kind: Decodable {
        let kind: String
    }
}

/// A file of vectors that cannot be read.
public struct VectorError: Error, CustomStringConvertible {
    /// The file's name.
    public let file: String

    /// The line from 1, or 0 for the whole file.
    public let line: Int

    /// What is wrong.
    public let reason: String

    /// A sentence for people.
    public var description: String { "Tests/Vectors/\(file).jsonl, line \(line): \(reason)" }
}
