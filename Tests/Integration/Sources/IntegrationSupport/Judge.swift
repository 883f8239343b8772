// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The foreign reader of TLS reports that `judge/install` has installed.
public enum Judge {
    /// Why the foreign reader gave no answer.
    public struct Failure: Error, CustomStringConvertible {
        /// What it said.
        public let description: String
    }

    /// What the reports of one policy domain say.
    public struct Totals: Codable, Hashable, Sendable {
        /// Sessions that kept the policy.
        public var successful: Int
        /// Sessions that failed.
        public var failed: Int
        /// Failed sessions for each result type.
        public var details: [String: Int]

        /// Totals to count up from.
        public init(successful: Int = 0, failed: Int = 0, details: [String: Int] = [:]) {
            self.successful = successful
            self.failed = failed
            self.details = details
        }
    }

    /// What was read in some files.
    public struct Reading: Codable, Hashable, Sendable {
        /// The number of reports.
        public var reports: Int
        /// The totals of each policy domain.
        public var domains: [String: Totals]

        /// A reading to count up from.
        public init(reports: Int = 0, domains: [String: Totals] = [:]) {
            self.reports = reports
            self.domains = domains
        }
    }

    /// Reads files; a folder stands for the files in it.
    ///
    /// - Throws: ``Failure`` with the reader's words if it did not take them all.
    public static func read(_ files: [URL]) throws -> Reading {
        let process = Process()
        process.executableURL =
            URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../judge/read").standardizedFileURL
        process.arguments = files.map(\.path)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "judge/read failed (is it installed? Tests/Integration/judge/install, Debian package "
                    + "python3-venv): \(String(decoding: answer, as: UTF8.self))"
            )
        }
        return try JSONDecoder().decode(Reading.self, from: answer)
    }
}
