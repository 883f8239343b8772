// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The foreign reader of TLS reports that `judge/install` has installed.
public enum Judge {
    /// Why the foreign reader gave no answer.
    public struct Failure: Error, CustomStringConvertible {
        /// What it said.
        public let description: String
    }

    /// What a report says of one policy domain.
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

        /// Adds others.
        public mutating func add(_ other: Totals) {
            successful += other.successful
            failed += other.failed
            details.merge(other.details, uniquingKeysWith: +)
        }
    }

    /// What was read in one file.
    public struct Report: Codable, Hashable, Sendable {
        /// The file's name.
        public let file: String
        /// The member report-id.
        public let id: String
        /// The member start-datetime.
        public let start: String
        /// The member end-datetime.
        public let end: String
        /// The totals of each policy domain.
        public let domains: [String: Totals]

        /// A report as it ought to be read.
        public init(file: String, id: String, start: String, end: String, domains: [String: Totals]) {
            self.file = file
            self.id = id
            self.start = start
            self.end = end
            self.domains = domains
        }

        /// The totals of all policy domains.
        public var totals: Totals { domains.values.reduce(into: Totals()) { $0.add($1) } }
    }

    private struct Answer: Decodable {
        let reports: [Report]
    }

    /// Reads files; a folder stands for the files in it.
    ///
    /// - Throws: ``Failure`` with the reader's words if it did not take them all.
    public static func read(_ files: [URL]) throws -> [Report] {
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
        return try JSONDecoder().decode(Answer.self, from: answer).reports
    }
}
