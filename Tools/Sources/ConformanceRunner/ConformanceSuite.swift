// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Runs cases from JSON-lines files against the library and compares what they come to with what they expect.
///
/// A case is one JSON object a line: `id`, `kind`, `input`, `expect` and, where the strict mode comes to something
/// else than the default, `expect_strict`. Every member of an expectation is compared but those that are for people.
public struct ConformanceSuite: Sendable {
    private var cases: [ConformanceCase] = []

    /// A suite without cases.
    public init() {}

    /// The kinds of cases that it knows, as a case names them.
    public static var kinds: [String] { CaseKind.allCases.map(\.rawValue) }

    /// The number of cases.
    public var count: Int { cases.count }

    /// Adds the cases of a file.
    ///
    /// - Throws: ``CaseFileError`` if the file cannot be read or a line of it is no case; no case is added then.
    public mutating func addCases(atPath path: String) throws(CaseFileError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CaseFileError(file: path, line: nil, reason: "cannot be read")
        }
        try addCases(Array(data), file: path)
    }

    /// Adds the cases of a text, one a line.
    ///
    /// - Parameters:
    ///   - octets: The text.
    ///   - file: The name of the file for what is said about its lines.
    /// - Throws: ``CaseFileError`` if a line is no case; no case is added then.
    public mutating func addCases(_ octets: [UInt8], file: String) throws(CaseFileError) {
        var lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }  // what follows the last line's end
        var added: [ConformanceCase] = []
        for (index, line) in lines.enumerated() {
            added.append(try ConformanceCase(line, file: file, line: index + 1))
        }
        cases += added
    }

    /// Runs all cases, in order.
    ///
    /// - Throws: ``CaseFileError`` if the input of a case is not of the format, or what it needs of the machine (a
    ///   temporary folder) cannot be had; `CancellationError`.
    public func run() async throws -> ConformanceTally {
        var tally = ConformanceTally()
        for item in cases {
            if item.kind.isSkipped {
                tally.skippedByKind[item.kind.rawValue, default: 0] += 1
                continue
            }
            let differences = try await item.differences()
            if differences.isEmpty {
                tally.passed += 1
            } else {
                tally.failures.append(ConformanceFailure(item, differences))
            }
        }
        return tally
    }
}

/// What the cases of a suite came to.
public struct ConformanceTally: Sendable {
    /// The number of cases that came to what they expect.
    public internal(set) var passed = 0

    /// The cases that did not, in order.
    public internal(set) var failures: [ConformanceFailure] = []

    /// The number of cases not run, for each kind that the library does not have yet.
    public internal(set) var skippedByKind: [String: Int] = [:]

    /// The number of cases that did not come to what they expect.
    public var failed: Int { failures.count }

    /// The number of cases not run.
    public var skipped: Int { skippedByKind.values.reduce(0, +) }

    /// The three numbers on one line.
    public var summary: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }
}

/// A case that did not come to what it expects.
public struct ConformanceFailure: Sendable, CustomStringConvertible {
    /// One member in which they differ.
    public struct Difference: Hashable, Sendable {
        /// The name of the member.
        public let member: String
        /// Whether the strict mode came to it.
        public let isStrict: Bool
        /// What is expected, as JSON.
        public let expected: String
        /// What it came to, as JSON.
        public let got: String
    }

    /// The id of the case.
    public let id: String

    /// The kind of the case.
    public let kind: String

    /// The file of the case, as it was named.
    public let file: String

    /// The number of the line, from 1.
    public let line: Int

    /// The members in which they differ.
    public let differences: [Difference]

    init(_ item: ConformanceCase, _ differences: [Difference]) {
        id = item.id
        kind = item.kind.rawValue
        file = item.file
        line = item.line
        self.differences = differences
    }

    /// The failure as a few lines of text.
    public var description: String {
        let lines = differences.map { difference in
            let mode = difference.isStrict ? "strict " : ""
            return "    \(mode)\(difference.member): expected \(difference.expected), got \(difference.got)"
        }
        return (["FAIL \(id) (\(kind)) \(file):\(line)"] + lines).joined(separator: "\n")
    }
}

extension ConformanceCase {
    /// Runs the case by default and, where it can differ, in strict mode.
    func differences() async throws -> [ConformanceFailure.Difference] {
        do {
            var differences = compare(expect, try await kind.outcome(of: input, isStrict: false), isStrict: false)
            if kind.hasStrictMode || expectStrict != nil {
                let outcome = try await kind.outcome(of: input, isStrict: true)
                differences += compare(expectStrict ?? expect, outcome, isStrict: true)
            }
            return differences
        } catch let fault as CaseFault {
            throw CaseFileError(file: file, line: line, reason: fault.reason)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw CaseFileError(file: file, line: line, reason: "cannot be run: \(error)")
        }
    }

    private func compare(
        _ expected: [String: JSONValue],
        _ outcome: CaseOutcome,
        isStrict: Bool
    ) -> [ConformanceFailure.Difference] {
        var differences: [ConformanceFailure.Difference] = []
        let members = ["verdict"] + expected.keys.filter { $0 != "verdict" }.sorted()
        for member in members {
            let wanted = expected[member] ?? .null
            let got = outcome[member] ?? .null
            let isSame = member == "verdict" && wanted == "either" ? isVerdict(got) : wanted == got
            guard !isSame else { continue }
            differences.append(
                ConformanceFailure.Difference(
                    member: member,
                    isStrict: isStrict,
                    expected: wanted.description,
                    got: got.description
                )
            )
        }
        return differences
    }

    /// Whether a value is a verdict of the kind, as `either` asks.
    private func isVerdict(_ value: JSONValue) -> Bool {
        if case .string(let verdict) = value { kind.verdicts.contains(verdict) } else { false }
    }
}
