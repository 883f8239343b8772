// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A process of the program `StoreWriter`.
public final class StoreProcess {
    private let process = Process()
    private let output = Pipe()
    private var text = Data()

    /// Why it could not be started.
    public struct MissingProgram: Error, CustomStringConvertible {
        /// What to do about it.
        public let description: String
    }

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: Its command line.
    ///   - wrapper: A program and its arguments that is to start it: `strace`, `faketime`.
    public init(_ arguments: [String], under wrapper: [String] = []) throws {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let command = try wrapper.prefix(1).map(Self.path(ofProgram:)) + wrapper.dropFirst()
        let program = folder.appending(path: "StoreWriter").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw MissingProgram(description: "\(program) is missing; it is built with the tests of this package")
        }
        let line = command + [program] + arguments
        process.executableURL = URL(filePath: line[0])
        process.arguments = Array(line.dropFirst())
        process.standardOutput = output
        try process.run()
    }

    private static func path(ofProgram name: String) throws -> String {
        let path = "/usr/bin/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw MissingProgram(description: "\(name) is missing: install the Debian package \(name)")
        }
        return path
    }

    /// Waits for the first output.
    public func waitForOutput() { text.append(output.fileHandleForReading.availableData) }

    /// Ends the process by a signal that it cannot catch.
    public func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits for the end of the process and gives all its lines.
    public func finish() -> [String] {
        text.append(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The exit status.
    public var status: Int32 { process.terminationStatus }
}

/// A folder of its own for one test.
public final class Scratch: Sendable {
    /// The folder.
    public let path: String
    /// The folder of a store in it, not made yet.
    public var store: String { path + "/store" }

    /// Makes the folder; it is removed with this value.
    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "sts-writer-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The paths within the store of files half-written.
    public func leftovers() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: store).filter { $0.contains(".tmp-") }
    }
}
