// SPDX-License-Identifier: Apache-2.0

import WorkloadSupport

/// Runs workloads for the scripts of this folder: `list`, `count NAME SIZE TIMES`, `time LEVEL...`,
/// `time-one NAME SIZE`, `memory DOMAINS`.
@main
struct Main {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        try MainThread().run { try await run(arguments) }
    }

    private static func run(_ arguments: [String]) async throws {
        let workloads = try Workload.all()
        switch arguments.first {
        case "list":
            for workload in workloads {
                let fields = ["\(workload.size)", workload.unit, workload.level.rawValue, "\(workload.threads)"]
                print(([workload.name] + fields + ["\(workload.octets)", "\(workload.batch)"]).joined(separator: "\t"))
            }
        case "count" where arguments.count == 4:
            print(try await workload(arguments, among: workloads).prepare()(Int(arguments[3]) ?? 1))
        case "time":
            for workload in workloads where arguments.dropFirst().contains(workload.level.rawValue) {
                print(workload.name, workload.size, try await time(workload), separator: "\t")
            }
        case "time-one" where arguments.count == 3:
            print(try await time(workload(arguments, among: workloads)))
        case "memory" where arguments.count == 2:
            let shares = try await Memory.shares(of: Int(arguments[1]) ?? 1_000)
            print(shares.name, shares.policy, separator: "\t")
        default:
            throw UnknownWorkload(arguments: arguments)
        }
        await removeLeftovers()
    }

    private static func workload(_ arguments: [String], among workloads: [Workload]) throws -> Workload {
        guard let found = workloads.first(where: { $0.name == arguments[1] && "\($0.size)" == arguments[2] }) else {
            throw UnknownWorkload(arguments: arguments)
        }
        return found
    }

    /// Nanoseconds for one operation: the least of several rounds, since whatever else runs on the machine adds to it.
    private static func time(_ workload: Workload) async throws -> Double {
        let operation = try await workload.prepare()
        let clock = ContinuousClock()
        func measure(_ count: Int) async throws -> Double {
            let start = clock.now
            guard try await operation(count) >= 0 else { return .infinity }
            return (clock.now - start) / .nanoseconds(1) / Double(count)
        }
        let first = try await measure(max(workload.threads, workload.batch / 10))
        // Rounds of about 20 ms.
        let count = max(workload.threads, 1, Int(min(20_000_000 / max(first, 1), 2_000_000)))
        var least = first
        for _ in 0..<(first * Double(count) > 100_000_000 ? 3 : 15) { least = min(least, try await measure(count)) }
        return least
    }
}

struct UnknownWorkload: Error {
    let arguments: [String]
}
