// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// `./run SECONDS` builds with libFuzzer, which the Swift toolchain brings, and runs each target that long.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-mta-sts", path: "../..", traits: ["ZLIB"])],
    targets: [
        .target(name: "FuzzSupport"),
        .executableTarget(name: "FuzzSeeds"),
        .target(name: "ReferenceParsers"),
        .target(
            name: "Differential",
            dependencies: ["ReferenceParsers"]
                + ["STSRecord", "STSPolicy", "TLSRPT"].map { .product(name: $0, package: "swift-mta-sts") }
        ),
        .executableTarget(name: "DifferentialRun", dependencies: ["Differential"]),
    ],
    swiftLanguageModes: [.v6]
)

let modules = [
    "Certificate": ["MTASTS"],
    "Compression": ["TLSRPT", "MTASTSZLIB"],
    "DNSAnswer": ["MTASTSSystemDNS"],
    "DomainName": ["MXPattern"],
    "Pattern": ["MXPattern"],
    "Policy": ["STSPolicy"],
    "PolicyDiagnosis": ["STSPolicy"],
    "Record": ["STSRecord"],
    "RecordDiagnosis": ["STSRecord"],
    "RecordSet": ["STSRecord"],
    "Report": ["TLSRPT"],
    "ReportFile": ["TLSRPT", "MTASTSZLIB"],
    "ReportMail": ["TLSRPT"],
    "ReportingRecord": ["TLSRPT"],
    "SessionTally": ["TLSRPT"],
    "StoreEntry": ["PolicyCache", "STSRecord"],
]
for (name, products) in modules {
    package.targets.append(
        .executableTarget(
            name: "Fuzz" + name,
            dependencies: ["FuzzSupport"] + products.map { .product(name: $0, package: "swift-mta-sts") }
        )
    )
}

// The library's parsers against the reference parsers.
for name in ["Record", "Policy", "ReportingRecord"] {
    package.targets.append(
        .executableTarget(name: "FuzzDifferential" + name, dependencies: ["FuzzSupport", "Differential"])
    )
}
