// SPDX-License-Identifier: Apache-2.0

/// The table of faults that the tests print: `Tests/run` shows its lines.
public enum FaultTable {
    private static let head: Void = print("| fault | expected | seen | event told |\n|---|---|---|---|")

    /// Prints a row.
    public static func row(_ fault: String, expected: String, seen: String, told: String) {
        _ = head
        print("| \(fault) | \(expected) | \(seen) | \(told) |")
    }

    /// Octets as text.
    public static func mebibytes(_ octets: Int) -> String { "\(Double(octets * 10 / 1_048_576) / 10) MiB" }
}
