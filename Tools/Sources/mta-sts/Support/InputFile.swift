// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file, or standard input, read with a limit.
enum InputFile {
    /// The most octets read; what is longer is over the limits of records and policies by far.
    static let limit = 1_048_576

    /// Why a file could not be read.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads a file, or standard input if the name is `-`, piece by piece.
    static func pieces(of name: String, _ body: (Data) throws -> Void) throws {
        let handle: FileHandle
        if name == "-" {
            handle = .standardInput
        } else {
            handle = try FileHandle(forReadingFrom: URL(filePath: name))
        }
        while let piece = try handle.read(upToCount: limit), !piece.isEmpty { try body(piece) }
    }

    /// The octets of a file, of standard input if the name is `-`; no more than ``limit``.
    static func octets(of name: String) throws(Failure) -> [UInt8] {
        let handle: FileHandle
        if name == "-" {
            handle = .standardInput
        } else {
            guard let file = FileHandle(forReadingAtPath: name) else {
                throw Failure(description: "cannot open \(SafeText.of(name))")
            }
            handle = file
        }
        var octets: [UInt8] = []
        do {
            while octets.count < limit, let piece = try handle.read(upToCount: limit - octets.count), !piece.isEmpty {
                octets += piece
            }
        } catch {
            throw Failure(description: "cannot read \(SafeText.of(name))")
        }
        return octets
    }
}
