// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// The root package resolves nothing by default: what needs a package or a system library is behind a trait.
let package = Package(
    name: "swift-mta-sts",
    // Linux is what the tests run on. These Apple versions are the first with every standard-library
    // type used here (`Mutex`, `String.UTF8View.span`); nothing has been run there yet.
    platforms: [.macOS(.v26), .iOS(.v26), .tvOS(.v26), .watchOS(.v26), .visionOS(.v26)],
    products: [
        .library(name: "MTASTS", targets: ["MTASTS"]),
        .library(name: "STSRecord", targets: ["STSRecord"]),
        .library(name: "STSPolicy", targets: ["STSPolicy"]),
        .library(name: "MXPattern", targets: ["MXPattern"]),
        .library(name: "PolicyCache", targets: ["PolicyCache"]),
        .library(name: "TLSRPT", targets: ["TLSRPT"]),
        .library(name: "TLSRPTFiles", targets: ["TLSRPTFiles"]),
        .library(name: "MTASTSFoundation", targets: ["MTASTSFoundation"]),
        .library(name: "MTASTSSystemDNS", targets: ["MTASTSSystemDNS"]),
        .library(name: "MTASTSAsyncHTTPClient", targets: ["MTASTSAsyncHTTPClient"]),
        .library(name: "MTASTSCURL", targets: ["MTASTSCURL"]),
        .library(name: "MTASTSZLIB", targets: ["MTASTSZLIB"]),
        .library(name: "MTASTSTesting", targets: ["MTASTSTesting"]),
    ],
    traits: [
        .trait(name: "AsyncHTTPClient", description: "MTASTSAsyncHTTPClient: HTTPS by async-http-client"),
        .trait(name: "CURL", description: "MTASTSCURL: HTTPS by the system's libcurl"),
        .trait(name: "ZLIB", description: "MTASTSZLIB: compressed TLS reports by the system's zlib"),
    ],
    dependencies: [
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        .target(name: "STSCore"),
        .target(name: "MXPattern", dependencies: ["STSCore"]),
        .target(name: "TextDiagnosis", dependencies: ["STSCore"]),
        .target(name: "TXTFields", dependencies: ["STSCore"]),
        .target(name: "STSRecord", dependencies: ["STSCore", "TXTFields", "TextDiagnosis"]),
        .target(name: "STSPolicy", dependencies: ["STSCore", "MXPattern", "TextDiagnosis"]),
        .target(name: "PolicyCache", dependencies: ["STSCore", "STSRecord", "STSPolicy"]),
        .target(name: "TLSRPT", dependencies: ["STSCore", "TXTFields"]),
        .target(name: "TLSRPTFiles", dependencies: ["STSCore", "TLSRPT", "PolicyCache"]),
        .target(
            name: "MTASTS",
            dependencies: ["STSCore", "MXPattern", "STSRecord", "STSPolicy", "PolicyCache", "TLSRPT"]
        ),
        .target(name: "MTASTSFoundation", dependencies: ["MTASTS"]),
        .target(name: "CMTASTSResolver", linkerSettings: [.linkedLibrary("resolv")]),
        .target(name: "MTASTSSystemDNS", dependencies: ["MTASTS", "CMTASTSResolver"]),
        .target(
            name: "MTASTSAsyncHTTPClient",
            dependencies: [
                "MTASTS", "TLSRPT",
                .product(
                    name: "AsyncHTTPClient",
                    package: "async-http-client",
                    condition: .when(traits: ["AsyncHTTPClient"])
                ),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["AsyncHTTPClient"])),
            ]
        ),
        .systemLibrary(
            name: "CSystemCURL",
            path: "Sources/CSystemCURL",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .target(
            name: "CMTASTSCURL",
            dependencies: [.target(name: "CSystemCURL", condition: .when(traits: ["CURL"]))],
            cSettings: [.define("MTASTS_HAVE_CURL", .when(traits: ["CURL"]))]
        ),
        .target(
            name: "MTASTSCURL",
            dependencies: ["MTASTS", .target(name: "CMTASTSCURL", condition: .when(traits: ["CURL"]))]
        ),
        .systemLibrary(
            name: "CSystemZLIB",
            path: "Sources/CSystemZLIB",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .target(
            name: "MTASTSZLIB",
            dependencies: ["TLSRPT", .target(name: "CSystemZLIB", condition: .when(traits: ["ZLIB"]))]
        ),
        .target(name: "MTASTSTesting", dependencies: ["MTASTS", "PolicyCache"]),
        .testTarget(name: "STSCoreTests", dependencies: ["RequirementTrait", "STSCore", "VectorSupport"]),
        .testTarget(name: "MXPatternTests", dependencies: ["RequirementTrait", "MXPattern", "VectorSupport"]),
        .testTarget(name: "STSRecordTests", dependencies: ["RequirementTrait", "STSRecord", "VectorSupport"]),
        .testTarget(name: "STSPolicyTests", dependencies: ["RequirementTrait", "STSPolicy", "VectorSupport"]),
        .testTarget(name: "TLSRPTTests", dependencies: ["RequirementTrait", "STSCore", "TLSRPT", "VectorSupport"]),
        .testTarget(name: "TLSRPTFilesTests", dependencies: ["STSCore", "TLSRPT", "TLSRPTFiles", "MTASTSTesting"]),
        .testTarget(name: "PolicyCacheTests", dependencies: ["RequirementTrait", "PolicyCache", "MTASTSTesting"]),
        .testTarget(
            name: "MTASTSZLIBTests",
            dependencies: [
                "RequirementTrait", "TLSRPT", "MTASTSZLIB", "VectorSupport",
                .target(name: "CSystemZLIB", condition: .when(traits: ["ZLIB"])),
            ],
            exclude: ["make-fixtures"]
        ),
        .testTarget(
            name: "MTASTSTests",
            dependencies: [
                "RequirementTrait", "MTASTS", "MTASTSTesting", "MTASTSFoundation", "TLSRPTFiles", "VectorSupport",
            ]
        ),
        .testTarget(
            name: "MTASTSSystemDNSTests",
            dependencies: ["RequirementTrait", "MTASTS", "MTASTSSystemDNS", "MTASTSTesting"]
        ),
        .target(name: "VectorSupport", path: "Tests/VectorSupport"),
        .target(name: "RequirementTrait", path: "Tests/RequirementTrait"),
    ],
    swiftLanguageModes: [.v6]
)

/// Modules that hold the promises of the wire formats use no unsafe construct at all; MTASTSZLIB, which calls into C,
/// marks each one.
let memorySafe: Set<String> = [
    "STSCore", "TXTFields", "TextDiagnosis", "MXPattern", "STSRecord", "STSPolicy", "TLSRPT", "MTASTS", "MTASTSTesting",
    "MTASTSZLIB",
]

for target in package.targets where target.type == .regular || target.type == .test {
    var settings: [SwiftSetting] = target.swiftSettings ?? []
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    settings.append(.enableUpcomingFeature("ExistentialAny"))
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    settings.append(.enableUpcomingFeature("InternalImportsByDefault"))
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    settings.append(.enableUpcomingFeature("MemberImportVisibility"))
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    settings.append(.enableUpcomingFeature("NonisolatedNonsendingByDefault"))
    if memorySafe.contains(target.name) {
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
        settings.append(.strictMemorySafety())
    }
    if Context.environment["MTASTS_WARNINGS_AS_ERRORS"] != nil {
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0480-swiftpm-warning-control.md
        settings.append(.treatAllWarnings(as: .error))
    }
    target.swiftSettings = settings
}
