// SPDX-License-Identifier: Apache-2.0

/// Sessions that kept the policy, and sessions that failed. Sums stay at the greatest number instead of overflowing.
struct SessionCounts: Equatable, Sendable {
    private(set) var ok = 0
    private(set) var failed = 0

    /// All sessions.
    var all: Int { Self.sum(ok, failed) }

    /// How many of a hundred sessions failed, as in `5.4`; nil without sessions.
    var failedPercent: String? {
        guard all > 0 else { return nil }
        let tenths = Int((Double(failed) / Double(all) * 1_000).rounded())
        // What is not nothing does not look like nothing.
        if failed > 0, tenths == 0 { return "<0.1" }
        return "\(tenths / 10).\(tenths % 10)"
    }

    mutating func add(ok: Int, failed: Int) {
        self.ok = Self.sum(self.ok, ok)
        self.failed = Self.sum(self.failed, failed)
    }

    static func sum(_ first: Int, _ second: Int) -> Int {
        let (sum, overflow) = first.addingReportingOverflow(max(0, second))
        return overflow ? .max : sum
    }
}

/// Counts by key of which only so many keys are kept; what more there is goes to one common count.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private(set) var values: [Key: Value] = [:]

    /// What is counted under keys that were not kept, nil if all were.
    private(set) var others: Value?

    init(limit: Int) { self.limit = limit }

    /// Changes the value of a key.
    mutating func change(_ key: Key, default value: @autoclosure () -> Value, _ body: (inout Value) -> Void) {
        if values[key] != nil || values.count < limit {
            body(&values[key, default: value()])
        } else {
            var common = others ?? value()
            body(&common)
            others = common
        }
    }
}

extension BoundedTable where Value == Int {
    mutating func count(_ key: Key, _ number: Int) { change(key, default: 0) { $0 = SessionCounts.sum($0, number) } }

    /// The keys by their counts, the greatest first, and then in order.
    func sorted(by areInOrder: (Key, Key) -> Bool) -> [(key: Key, value: Int)] {
        values.sorted { $0.value != $1.value ? $0.value > $1.value : areInOrder($0.key, $1.key) }
    }
}
