// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import mta_sts

/// The built command as a shell runs it.
struct ProcessTests {
    private struct Ending {
        let exitCode: Int32
        let output: String
        let errors: String
    }

    /// The command beside the test bundle.
    private static var command: URL {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "mta-sts")
    }

    private func shell(_ line: String) throws -> Ending {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line, "sh", Self.command.path]
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // What goes to standard error is short: it fits the pipe while standard output is read.
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let errorText = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Ending(
            exitCode: process.terminationStatus,
            output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: errorText, as: UTF8.self)
        )
    }

    @Test(arguments: [
        ("\"$1\" match '*.example.com' a.example.com", 0), ("\"$1\" match '*.example.com' example.com", 1),
        ("\"$1\" match '*' example.com", 2), ("\"$1\" lint policy /nonexistent", 2),
        ("echo 'v=STSv1; id=1;' | \"$1\" lint record", 0), ("echo 'v=STSv1' | \"$1\" lint record -", 1),
        ("\"$1\" generate --domain example.com --mode none --max-age 1w", 0),
        ("\"$1\" generate --domain example.com --mode none --max-age 9w9", 1), ("\"$1\" generate", 64),
        ("\"$1\" check", 64), ("\"$1\" check --dns nonsense:port example.com", 64),
        ("\"$1\" check --ca /nonexistent example.com", 2), ("\"$1\" --version", 0), ("\"$1\" --help", 0),
        ("\"$1\" report read /nonexistent", 2), ("\"$1\" report read --chart a.png x", 64), ("\"$1\" report read", 64),
        ("\"$1\" report read --since 2026-02-30 x", 64), ("echo x | \"$1\" report read -", 2),
        ("\"$1\" report advise --policy x y", 64), ("\"$1\" report build --output x", 64),
        ("\"$1\" report build --organization x --contact nobody --output x y", 64), ("\"$1\" report send", 64),
        ("\"$1\" report send --dry-run /nonexistent", 1), ("\"$1\" nonsense", 64),
    ])
    func exitCodes(_ line: String, _ expected: Int32) throws {
        let ending = try shell(line)
        #expect(ending.exitCode == expected, "\(ending)")
    }

    @Test func errorsGoToStandardError() throws {
        let ending = try shell("\"$1\" match '*' example.com")
        #expect(ending.output.isEmpty)
        #expect(ending.errors.hasPrefix("error: \"*\" is no mx pattern"))
    }

    @Test func aClosedPipeIsNoCrash() throws {
        let ending = try shell("{ \"$1\" demo; echo \"ended $?\" >&2; } | true")
        #expect(ending.errors == "ended 0\n")
    }

    @Test func thereIsNoColorWithoutATerminal() throws {
        let ending = try shell("printf 'mode: x' | TERM=xterm \"$1\" lint policy")
        #expect(!ending.output.contains("\u{1B}"))
    }

    @Test func aServerThatIsNotThereIsToldAbout() throws {
        // Port 9 of the loopback address: nobody answers, and the kernel says so at once.
        let ending = try shell("\"$1\" check --dns 127.0.0.1:9 --json example.com other.example")
        #expect(ending.exitCode == 2)
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect((object?["unknown"] as? [String])?.isEmpty == false)
        }
        #expect(ending.errors.isEmpty)
    }
}
