// SPDX-License-Identifier: Apache-2.0

#if ZLIB
public import TLSRPT

/// Compression of reports by the system's zlib (RFC 8460 section 5.2).
///
/// What comes in is untrusted. No more memory than the limit and some hundred KiB is used, and no more time than the
/// input and the limit take to be read twice.
public struct ZLIBCompression: ReportCompression {
    /// The most members of a gzip file that are read, empty ones too.
    public static let maximumMembers = 10_000

    /// The most entries of a zip archive that are read, folders too.
    public static let maximumEntries = 1_000

    /// Compression by the system's zlib.
    public init() {}

    /// The octets as one gzip member (RFC 1952), the same for the same octets and the same zlib: no time, no name, and
    /// "unknown" for the system.
    public func gzip(_ octets: [UInt8]) throws(CompressionFailure) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var stream = try ZLIBStream(.deflate)
        var buffer = [UInt8](repeating: 0, count: Expander.bufferOctets)
        var position = 0
        var isRunning = true
        while isRunning {
            let step = stream.step(octets.span.extracting(droppingFirst: position), into: &buffer)
            position += step.consumed
            result.append(contentsOf: buffer[..<step.produced])
            if case .failed(let failure) = step.state { throw failure }
            isRunning = step.state == .running
        }
        var checksum = Checksum()
        checksum.add(octets.span)
        // The length counts modulo 2^32 (section 2.3.1).
        for number in [checksum.value, UInt32(truncatingIfNeeded: octets.count)] {
            for shift in [0, 8, 16, 24] { result.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        return result
    }

    /// What a gzip file holds; several members are joined, at most ``maximumMembers``.
    ///
    /// Octets after the last member are refused, but for zeros, with which some media fill up a block.
    ///
    /// - Parameters:
    ///   - octets: The gzip file.
    ///   - limit: The most octets that may come out.
    public func gunzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [UInt8] {
        guard !octets.isEmpty else { throw .damaged(reason: "it is empty") }
        var measured = Expansion(limit: limit)
        try Self.expandMembers(octets.span, limit: limit, into: &measured)
        var kept = Expansion(keeping: measured)
        try Self.expandMembers(octets.span, limit: limit, into: &kept)
        return kept.octets
    }

    private static func expandMembers(
        _ octets: Span<UInt8>,
        limit: Int,
        into expansion: inout Expansion
    ) throws(CompressionFailure) {
        var expander = try Expander(.gunzip, limit: limit)
        var position = 0
        var members = 0
        while true {
            guard members < maximumMembers else { throw .unsupported(reason: "more than \(maximumMembers) members") }
            members += 1
            position += try expander.expand(octets.extracting(droppingFirst: position), into: &expansion)
            guard position < octets.count else { return }
            if octets[position] == 0 { break }
            // Text here is no damaged member, but something else.
            guard octets[position] == 0x1F else { throw .damaged(reason: "octets follow the last member") }
            try expander.startNextMember()
        }
        while position < octets.count {
            guard octets[position] == 0 else { throw .damaged(reason: "octets follow the last member") }
            position += 1
        }
    }

    /// The files of a zip archive in the order of its directory, at most ``maximumEntries``; folders are left out.
    ///
    /// Read are archives of one part with files stored or deflated. An archive whose files share octets is refused:
    /// nobody but a maker of bombs writes it. One damaged file spoils the archive.
    ///
    /// - Parameters:
    ///   - octets: The archive.
    ///   - limit: The most octets that may come out, all files together. What an archive says about its sizes is not
    ///     relied on.
    public func unzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [ArchiveFile] {
        var files: [ArchiveFile] = []
        var left = limit
        for entry in try ZIPDirectory.entries(of: octets) where !entry.isFolder {
            var measured = Expansion(limit: left)
            try Self.expand(entry, of: octets, limit: limit, into: &measured)
            guard measured.count == entry.size else { throw .damaged(reason: "a file is not as long as it should be") }
            guard measured.checksum.value == entry.checksum else {
                throw .damaged(reason: "a file's checksum does not fit")
            }
            var kept = Expansion(keeping: measured)
            try Self.expand(entry, of: octets, limit: limit, into: &kept)
            // Never below zero: no more than what is left was let through.
            left -= measured.count
            files.append(ArchiveFile(name: entry.name, content: kept.octets))
        }
        return files
    }

    private static func expand(
        _ entry: ZIPDirectory.Entry,
        of octets: [UInt8],
        limit: Int,
        into expansion: inout Expansion
    ) throws(CompressionFailure) {
        guard entry.isDeflated else { return try expansion.append(octets[entry.data], .tooLarge(limit: limit)) }
        var expander = try Expander(.inflate, limit: limit)
        guard try expander.expand(octets.span.extracting(entry.data), into: &expansion) == entry.data.count else {
            throw .damaged(reason: "octets follow a file's end")
        }
    }
}
#endif
