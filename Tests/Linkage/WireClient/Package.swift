// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A client of the wire modules alone: it must link no Foundation.
let package = Package(
    name: "WireClient",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-mta-sts", path: "../../..")],
    targets: [
        .executableTarget(
            name: "WireClient",
            dependencies: [
                .product(name: "MXPattern", package: "swift-mta-sts"),
                .product(name: "STSRecord", package: "swift-mta-sts"),
                .product(name: "STSPolicy", package: "swift-mta-sts"),
            ],
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]
        )
    ],
    swiftLanguageModes: [.v6]
)
