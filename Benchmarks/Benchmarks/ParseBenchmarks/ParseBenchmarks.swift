// SPDX-License-Identifier: Apache-2.0

import Benchmark
import WorkloadSupport

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput, .peakMemoryResident],
        scalingFactor: .kilo,
        maxDuration: .milliseconds(500)
    )
    guard let workloads = try? Workload.all() else { preconditionFailure("a workload's own input is not valid") }
    for workload in workloads {
        // One large policy takes as long as hundreds of the others.
        let factor: BenchmarkScalingFactor = workload.name == "policy-large" ? .one : .kilo
        Benchmark(workload.name, configuration: .init(scalingFactor: factor)) { benchmark in
            blackHole(try workload.run(benchmark.scaledIterations.count))
        }
    }
}
