// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// `swift package --package-path Benchmarks benchmark` measures time; `Benchmarks/instructions` counts instructions and
// allocations, which do not depend on the machine's load.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "swift-mta-sts", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
    ],
    targets: [
        .target(
            name: "WorkloadSupport",
            dependencies: [
                .product(name: "MXPattern", package: "swift-mta-sts"),
                .product(name: "STSRecord", package: "swift-mta-sts"),
                .product(name: "STSPolicy", package: "swift-mta-sts"),
            ]
        ),
        .executableTarget(name: "Workloads", dependencies: ["WorkloadSupport"]),
        .executableTarget(
            name: "ParseBenchmarks",
            dependencies: ["WorkloadSupport", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/ParseBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
