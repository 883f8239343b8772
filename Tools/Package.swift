// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// The command-line tool and the example MTA. Only tests import this package, so that its dependencies reach no user of the library.
let package = Package(
    name: "Tools",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "mta-sts", targets: ["mta-sts"]),
        .library(name: "SMTPClient", targets: ["SMTPClient"]),
        .library(name: "ExampleMTA", targets: ["ExampleMTA"]),
    ],
    dependencies: [
        .package(name: "swift-mta-sts", path: "..", traits: ["AsyncHTTPClient", "ZLIB"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        // A link to the root package's source, which is in none of its products.
        .target(name: "RequirementTrait"),
        .executableTarget(
            name: "mta-sts",
            dependencies: [
                "ConformanceRunner",
                "SMTPClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSFoundation", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSAsyncHTTPClient", package: "swift-mta-sts"),
                .product(name: "MTASTSZLIB", package: "swift-mta-sts"),
                .product(name: "TLSRPTFiles", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .target(
            name: "ConformanceRunner",
            dependencies: [
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSFoundation", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
            ]
        ),
        .target(
            name: "SMTPClient",
            dependencies: [
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .target(
            name: "ExampleMTA",
            dependencies: [
                "SMTPClient",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
            ]
        ),
        .testTarget(name: "ConformanceRunnerTests", dependencies: ["ConformanceRunner"]),
        .testTarget(
            name: "SMTPClientTests",
            dependencies: [
                "RequirementTrait",
                "SMTPClient",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "ReceiverTests",
            dependencies: [
                "RequirementTrait",
                "mta-sts",
                "SMTPClient",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "RequirementTrait",
                "mta-sts",
                .product(name: "MTASTS", package: "swift-mta-sts"),
                .product(name: "MTASTSSystemDNS", package: "swift-mta-sts"),
                .product(name: "MTASTSTesting", package: "swift-mta-sts"),
                .product(name: "MTASTSZLIB", package: "swift-mta-sts"),
                .product(name: "TLSRPT", package: "swift-mta-sts"),
                .product(name: "TLSRPTFiles", package: "swift-mta-sts"),
            ],
            exclude: ["Golden"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets {
    target.swiftSettings = [
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
