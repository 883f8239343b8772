// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A case file that cannot be read, or a line of one that is no case.
public struct CaseFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, as it was named.
    public let file: String

    /// The number of the line at fault, from 1; nil if it is the file itself.
    public let line: Int?

    /// What is at fault, for people.
    public let reason: String

    /// File, line and reason as compilers print them.
    public var description: String { line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)" }
}

/// One line of a case file.
struct ConformanceCase: Sendable {
    let id: String
    let kind: CaseKind
    let input: JSONValue
    let expect: [String: JSONValue]
    /// What the strict mode is expected to do; nil if the same as the default.
    let expectStrict: [String: JSONValue]?
    let file: String
    let line: Int

    private static let members: Set<String> = ["id", "kind", "input", "expect", "expect_strict", "traits", "note"]

    /// Reads a line.
    init(_ octets: some Collection<UInt8>, file: String, line: Int) throws(CaseFileError) {
        func error(_ reason: String) -> CaseFileError { CaseFileError(file: file, line: line, reason: reason) }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(octets))
        } catch {
            throw CaseFileError(file: file, line: line, reason: "no JSON value")
        }
        do throws(CaseFault) {
            let object = try CaseObject(value, name: "the case", allowing: Self.members)
            id = try object.string("id")
            let word = try object.string("kind")
            guard let kind = CaseKind(rawValue: word) else { throw CaseFault(reason: "unknown kind \"\(word)\"") }
            self.kind = kind
            input = try object.required("input")
            expect = try Self.expectation(try object.required("expect"), "expect", kind)
            expectStrict =
                if let strict = object["expect_strict"] {
                    try Self.expectation(strict, "expect_strict", kind)
                } else {
                    nil
                }
        } catch {
            throw CaseFileError(file: file, line: line, reason: error.reason)
        }
        self.file = file
        self.line = line
    }

    /// Members that are for people.
    private static let notCompared: Set<String> = ["reason", "note", "level"]

    private static func expectation(
        _ value: JSONValue,
        _ name: String,
        _ kind: CaseKind
    ) throws(CaseFault) -> [String: JSONValue] {
        guard case .object(let members) = value else { throw CaseFault(reason: "\(name) is no object") }
        guard case .string(let verdict)? = members["verdict"] else {
            throw CaseFault(reason: "\(name) has no verdict")
        }
        // What is not run is not judged either.
        guard !kind.isSkipped else { return members }
        guard verdict == "either" || kind.verdicts.contains(verdict) else {
            throw CaseFault(reason: "\(name) has the unknown verdict \"\(verdict)\"")
        }
        let compared = members.filter { !notCompared.contains($0.key) }
        if let unknown = compared.keys.filter({ $0 != "verdict" && !kind.expectations.contains($0) }).min() {
            throw CaseFault(reason: "\(name) has the unknown member \"\(unknown)\"")
        }
        return compared
    }
}
