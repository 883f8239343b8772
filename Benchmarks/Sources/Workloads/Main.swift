// SPDX-License-Identifier: Apache-2.0

import WorkloadSupport

/// Runs one workload a number of times, for tools that count instructions and allocations.
@main
struct Main {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let workloads = try Workload.all()
        guard let name = arguments.first, let count = arguments.dropFirst().first.flatMap({ Int($0) }) else {
            for workload in workloads { print(workload.name) }
            return
        }
        guard let workload = workloads.first(where: { $0.name == name }) else {
            throw UnknownWorkload(name: name)
        }
        print(try workload.run(count))
    }
}

struct UnknownWorkload: Error {
    let name: String
}
