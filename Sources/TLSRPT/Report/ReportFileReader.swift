// SPDX-License-Identifier: Apache-2.0

/// Reads the reports of a file in whatever form they come: JSON, gzip (RFC 8460 section 5.2), zip as some senders use,
/// mail (section 5.3), or a mailbox file.
///
/// The form is told by the content alone, never by a media type or a file name. Read are JSON; JSON in gzip; JSON, and
/// JSON in gzip, in zip; any of these in a mail; and mails in a mailbox. Nothing is looked for deeper.
///
/// What comes in is untrusted: a bomb is refused within the limits, which hold for one call each. A large mailbox is
/// better divided by ``MailboxSplitter`` and read mail by mail.
public struct ReportFileReader: Sendable {
    private let compression: (any ReportCompression)?
    private let limits: ReportFileLimits

    /// A reader.
    ///
    /// - Parameters:
    ///   - compression: What expands gzip and zip, such as the `ZLIBCompression` of the module MTASTSZLIB; with nil they
    ///     give ``ReportFileError/needsCompression(_:)``.
    ///   - limits: The bounds of what is read.
    public init(compression: (any ReportCompression)?, limits: ReportFileLimits = .default) {
        self.compression = compression
        self.limits = limits
    }

    /// The reports in a file's octets, and what could not be read as one, in order; always at least one result.
    ///
    /// - Parameters:
    ///   - octets: The file.
    ///   - name: The file's name for ``ReportFile/origin``; nothing else depends on it.
    public func read(_ octets: [UInt8], name: String? = nil) -> [ReportFile] {
        var walk = ReportFileWalk(compression: compression, limits: limits)
        walk.read(file: octets, name: name)
        return walk.files
    }
}
