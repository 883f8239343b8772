// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// `Benchmarks/run` measures all and draws it; `check` holds the counts of instructions and allocations to those recorded;
// `compare` counts at two commits; `peers` measures other implementations. With ordo-one/benchmark, for distributions of
// time: `swift package --package-path Benchmarks --allow-writing-to-package-directory benchmark`.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "swift-mta-sts", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
    ],
    targets: [
        .target(name: "CHeap"),
        .target(
            name: "WorkloadSupport",
            dependencies: [
                "CHeap",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
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
