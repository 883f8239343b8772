// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Tests against real servers on loopback; `world/up` starts them and `world/down` stops them.
let package = Package(
    name: "Integration",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "swift-mta-sts", path: "../..", traits: ["AsyncHTTPClient", "CURL", "ZLIB"]),
        .package(path: "../../Tools"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        // A link to the root package's source, which is in none of its products.
        .target(name: "RequirementTrait"),
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
                "RequirementTrait",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "HTTPSTests",
            dependencies: [
                "IntegrationSupport",
                "RequirementTrait",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
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
                "RequirementTrait",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSCURL", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "ReportTests",
            dependencies: [
                "IntegrationSupport",
                "RequirementTrait",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
                .product(name: "MTASTSZLIB", package: "swift-mta-sts"),
                .product(name: "SMTPClient", package: "Tools"),
                .product(name: "TLSRPTFiles", package: "swift-mta-sts"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "ExampleMTATests",
            dependencies: [
                "IntegrationSupport",
                "RequirementTrait",
                .product(name: "ExampleMTA", package: "Tools"),
                .product(name: "SMTPClient", package: "Tools"),
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .executableTarget(
            name: "Delays",
            dependencies: [
                "IntegrationSupport",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .executableTarget(
            name: "StoreWriter",
            dependencies: [
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "IntegrationSupport",
                "RequirementTrait",
                "StoreWriter",
                .product(name: "PolicyCache", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "IntegrationSupport",
                "StoreWriter",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
