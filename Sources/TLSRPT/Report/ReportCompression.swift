// SPDX-License-Identifier: Apache-2.0

/// Compresses reports on their way out (RFC 8460 section 5.2) and expands those that come in, within a limit.
///
/// This module compresses nothing itself; the module MTASTSZLIB (trait ZLIB) does it by the system's zlib.
public protocol ReportCompression: Sendable {
    /// The octets as one gzip member (RFC 1952), the same for the same octets: no time, no name.
    func gzip(_ octets: [UInt8]) throws(CompressionFailure) -> [UInt8]

    /// What a gzip file holds; several members are joined.
    ///
    /// - Parameters:
    ///   - octets: The gzip file.
    ///   - limit: The most octets that may come out. No more memory than that is used, whatever comes in.
    func gunzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [UInt8]

    /// The files of a zip archive, in order; folders are left out.
    ///
    /// - Parameters:
    ///   - octets: The archive.
    ///   - limit: The most octets that may come out, all files together.
    func unzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [ArchiveFile]
}

/// One file of an archive.
public struct ArchiveFile: Hashable, Sendable {
    /// Its name, for people: never to be used as a path.
    public let name: String

    /// What it holds.
    public let content: [UInt8]

    /// A file.
    public init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
}

/// Why octets could not be compressed or expanded.
public enum CompressionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// More than this number of octets would come out.
    case tooLarge(limit: Int)
    /// The octets are damaged or cut short.
    case damaged(reason: String)
    /// A way to compress or pack that is not read here.
    case unsupported(reason: String)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "it expands to more than \(limit) octets"
        case .damaged(let reason): "the compressed data is damaged: \(reason)"
        case .unsupported(let reason): "this compression is not read here: \(reason)"
        }
    }
}
