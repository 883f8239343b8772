// SPDX-License-Identifier: Apache-2.0

public import Testing

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Says which requirements of Documentation/requirements.tsv a test proves.
///
/// A test that ran to its end is noted in the file that `MTASTS_REQUIREMENTS_LOG` names; Documentation/rfc-map makes
/// the map of it once the whole run has passed.
public struct RequirementTrait: TestTrait, SuiteTrait, TestScoping {
    let requirements: [String]

    /// Runs the test, and notes its requirements if it came to its end.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await function()
        guard let path = unsafe getenv("MTASTS_REQUIREMENTS_LOG").map({ unsafe String(cString: $0) }) else { return }
        let lines = requirements.map { "\($0)\t\(test.id)\n" }.joined()
        // One write in append mode is whole, whatever other tests write.
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        let written = write(file, lines, lines.utf8.count)
        close(file)
        if written != lines.utf8.count { Issue.record("cannot write \(path)") }
    }
}

extension Trait where Self == RequirementTrait {
    /// The test proves these requirements, such as `R-DISC-01`.
    public static func proves(_ requirements: String...) -> Self { RequirementTrait(requirements: requirements) }
}
