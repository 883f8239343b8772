// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// `./run SECONDS` builds with libFuzzer, which the Swift toolchain brings, and runs each target that long.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-mta-sts", path: "../..")],
    targets: [
        .target(name: "FuzzSupport"),
        .executableTarget(name: "FuzzSeeds"),
    ],
    swiftLanguageModes: [.v6]
)

let modules = [
    "Record": "STSRecord", "RecordSet": "STSRecord", "Policy": "STSPolicy", "Pattern": "MXPattern",
    "DomainName": "MXPattern",
]
for (name, module) in modules {
    package.targets.append(
        .executableTarget(
            name: "Fuzz" + name,
            dependencies: ["FuzzSupport", .product(name: module, package: "swift-mta-sts")]
        )
    )
}
