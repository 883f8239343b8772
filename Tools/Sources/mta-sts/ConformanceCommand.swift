// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ConformanceRunner
internal import Foundation

/// `mta-sts conformance`: runs conformance cases against the library.
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Run conformance cases from JSON-lines files.",
        discussion: """
            Prints each case that does not come to what it expects, the kinds that are skipped since the library \
            does not have them yet, and the numbers of cases passed, failed and skipped.

            A line is a JSON object with what goes in and what is to come of it: \
            {"id": "a-1", "kind": "record", "input": "v=STSv1; id=1;", "expect": {"verdict": "accept", "id": "1"}}. \
            Kinds: \(ConformanceSuite.kinds.joined(separator: ", ")).

            Exit code 0: no case failed; 1: a case failed; 2: a file cannot be read or a line is no case.
            """
    )

    @Argument(help: "The files, with one case a line.", completion: .file(extensions: ["jsonl"]))
    var files: [String]

    func run() async throws {
        let tally: ConformanceTally
        do {
            var suite = ConformanceSuite()
            for file in files { try suite.addCases(atPath: file) }
            tally = try await suite.run()
        } catch let error as CaseFileError {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
        for failure in tally.failures { print(failure) }
        for (kind, count) in tally.skippedByKind.sorted(by: { $0.key < $1.key }) {
            print("skipped \(count) of kind \(kind): not in the library yet")
        }
        print(tally.summary)
        if tally.failed > 0 { throw ExitCode(1) }
    }
}
