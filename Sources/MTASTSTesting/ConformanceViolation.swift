// SPDX-License-Identifier: Apache-2.0

/// One way in which an implementation breaks the promises of its protocol, found by a conformance suite.
public struct ConformanceViolation: Hashable, Sendable, CustomStringConvertible {
    /// The name of the check that failed; it stays the same between releases.
    public let check: String

    /// What was expected and what was seen.
    public let detail: String

    /// A violation.
    public init(check: String, detail: String) {
        self.check = check
        self.detail = detail
    }

    /// The check and the detail, for people.
    public var description: String { "\(check): \(detail)" }
}
