// SPDX-License-Identifier: Apache-2.0

/// One operation to be measured at one size, with the input it needs.
public struct Workload: Sendable {
    /// Does the operation so many times and gives a number that depends on every time.
    public typealias Operation = @Sendable (_ count: Int) async throws -> Int

    /// Which runs measure it.
    public enum Level: String, Sendable {
        /// A parser, the matcher or the warm look-up: its counts are recorded, and held to the record.
        case recorded
        /// Counted and timed.
        case counted
        /// Timed alone: what it needs takes too long under valgrind.
        case timed
        /// Timed if asked for.
        case large
        /// Counted at several sizes of one shape of input: is the cost linear?
        case worst
    }

    /// What is done.
    public let name: String

    /// How much of it: a number of ``unit``.
    public let size: Int

    /// What the size counts.
    public let unit: String

    /// The octets of input of one operation; 0 if that says nothing.
    public let octets: Int

    /// How many threads do the operation at once.
    public let threads: Int

    /// Which runs measure it.
    public let level: Level

    /// About how many operations take a few milliseconds.
    public let batch: Int

    /// Makes ready what the operation needs, which is not measured.
    public let prepare: @Sendable () async throws -> Operation

    /// A workload whose operation may suspend.
    init(
        _ name: String,
        _ size: Int,
        _ unit: String,
        _ level: Level,
        octets: Int = 0,
        threads: Int = 1,
        batch: Int = 1_000,
        prepare: @escaping @Sendable () async throws -> Operation
    ) {
        self.name = name
        self.size = size
        self.unit = unit
        self.level = level
        self.octets = octets
        self.threads = threads
        self.batch = batch
        self.prepare = prepare
    }

    /// A workload of a plain function.
    init(
        _ name: String,
        _ size: Int,
        _ unit: String,
        _ level: Level,
        octets: Int = 0,
        batch: Int = 1_000,
        function: @escaping @Sendable () throws -> Int
    ) {
        self.init(name, size, unit, level, octets: octets, batch: batch) { repeated(function) }
    }

    /// All workloads.
    public static func all() throws -> [Workload] {
        try parsing() + diagnosing() + printing() + matching() + resolving() + storing() + reporting() + worst()
    }
}

private func repeated(_ function: @escaping @Sendable () throws -> Int) -> Workload.Operation {
    { count in
        var sum = 0
        for _ in 0..<count { sum &+= try function() }
        return sum
    }
}
