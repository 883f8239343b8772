// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A client of the umbrella: it must fetch no package.
let package = Package(
    name: "UmbrellaClient",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-mta-sts", path: "../../..")],
    targets: [
        .executableTarget(
            name: "UmbrellaClient",
            dependencies: [.product(name: "MTASTS", package: "swift-mta-sts")],
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]
        )
    ],
    swiftLanguageModes: [.v6]
)
