// SPDX-License-Identifier: Apache-2.0

import Benchmark
import WorkloadSupport

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput, .peakMemoryResident],
        maxDuration: .milliseconds(500)
    )
    guard let workloads = try? Workload.all() else { preconditionFailure("a workload's own input is not valid") }
    for workload in workloads where workload.level == .recorded || workload.level == .counted {
        // One iteration is a batch: a single operation is shorter than the clock's grain.
        Benchmark(
            "\(workload.name), \(workload.size) \(workload.unit), times \(workload.batch)",
            closure: { (_, operation: Workload.Operation) async throws in
                blackHole(try await operation(workload.batch))
            },
            setup: { try await workload.prepare() }
        )
    }
}
