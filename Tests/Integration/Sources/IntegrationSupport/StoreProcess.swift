// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A `StoreWriter` process.
final class Writer {
    private let process = Process()
    private let output = Pipe()
    private var text = Data()

    struct MissingProgram: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts the program, under `strace` with the given arguments if there are any.
    init(_ arguments: [String], tracedWith trace: [String]? = nil) throws {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let program = folder.appending(path: "StoreWriter").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw MissingProgram(description: "\(program) is missing; it is built with the tests of this package")
        }
        if let trace {
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
                throw MissingProgram(description: "strace is missing: install the Debian package strace")
            }
            process.executableURL = URL(filePath: "/usr/bin/strace")
            process.arguments = trace + [program] + arguments
        } else {
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
        }
        process.standardOutput = output
        try process.run()
    }

    /// Waits for the first output.
    func waitForOutput() { text.append(output.fileHandleForReading.availableData) }

    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits for the end of the process and gives all its lines.
    func finish() -> [String] {
        text.append(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    var status: Int32 { process.terminationStatus }
}

/// A folder of its own for one test.
final class Scratch: Sendable {
    let path: String
    var store: String { path + "/store" }

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "sts-writer-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The paths within the store of files half-written.
    func leftovers() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: store).filter { $0.contains(".tmp-") }
    }
}
