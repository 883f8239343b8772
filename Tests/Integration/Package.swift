// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Tests against real servers on loopback; `world/up` starts them and `world/down` stops them.
let package = Package(
    name: "Integration",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "swift-mta-sts", path: "../..", traits: ["AsyncHTTPClient", "CURL"])
    ],
    targets: [
        .target(
            name: "IntegrationSupport",
            dependencies: [
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSCURL", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "DNSTests",
            dependencies: [
                "IntegrationSupport",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "HTTPSTests",
            dependencies: [
                "IntegrationSupport",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSCURL", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "ResolverTests",
            dependencies: [
                "IntegrationSupport",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSCURL", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .executableTarget(
            name: "StoreWriter",
            dependencies: [.product(name: "PolicyCache", package: "swift-mta-sts")]
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["StoreWriter", .product(name: "PolicyCache", package: "swift-mta-sts")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
