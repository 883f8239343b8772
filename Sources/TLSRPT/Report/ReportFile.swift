// SPDX-License-Identifier: Apache-2.0

/// A report as it was found in a file, or why there is none; ``ReportFileReader`` gives it.
public struct ReportFile: Hashable, Sendable {
    /// A form that octets come in.
    public enum Format: String, CaseIterable, Hashable, Sendable {
        /// A report's JSON text.
        case json
        /// A gzip file.
        case gzip
        /// A zip archive.
        case zip
        /// A mail.
        case mail
        /// A mailbox file with many mails ("mbox").
        case mailbox
    }

    /// Where it was found, for people, as in `mail.eml > google.com!example.com!1780358400!1780444799.json.gz`. The
    /// names are from outside; they hold no control characters and are never to be used as paths.
    public let origin: String

    /// What its file name says, the innermost that has the form of section 5.1; nil if none has.
    public let fileName: ReportFileName?

    /// The forms it was in, from the outermost to the innermost that could be told: `[.mail, .gzip, .json]`.
    public let formats: [Format]

    /// The report as read, or why it could not be.
    public let result: Result<TLSReport.Reading, ReportFileError>

    /// The mail it came in, nil if it did not.
    public let mail: Mail?

    /// What a mail says of a report in it.
    public struct Mail: Hashable, Sendable {
        /// The header fields of the mail that the report stands in.
        public let fields: MailFields

        /// The media type given for the report, nil if the result is about the mail as a whole.
        public let mediaType: String?

        /// The file name given for the report, for people.
        public let fileName: String?

        /// Whether the report stands in a mail that was forwarded inside another.
        public let isForwarded: Bool

        /// Whether the mail says that it carries a TLS report. What else is attached to a mail that does not is no fault
        /// of it.
        public let isTLSReport: Bool

        /// What was forgiven in the mail.
        public let deviations: [MailDeviation]

        /// Where the mail contradicts the report, which is right then (RFC 8460 section 5.6).
        public let conflicts: [ReportConflict]
    }
}

/// Why no report was read from octets.
public enum ReportFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There are more octets than the limit.
    case tooLarge(limit: Int)
    /// There is nothing, or nothing but blanks.
    case empty
    /// Neither JSON nor gzip, zip, mail or mailbox.
    case unknownFormat
    /// It is compressed, and the reader was made without a ``ReportCompression``: that of the module MTASTSZLIB needs the
    /// package trait ZLIB.
    case needsCompression(ReportFile.Format)
    /// It could not be expanded.
    case compression(CompressionFailure)
    /// A form inside another that it is not looked for in, such as a zip archive in a gzip file.
    case nested(ReportFile.Format, in: ReportFile.Format)
    /// A mail or an archive without anything that may be a report.
    case noReport(in: ReportFile.Format)
    /// There are more files or mails than this; those beyond are not read.
    case tooMany(limit: Int)
    /// The mail cannot be read.
    case mail(MailFailure)
    /// The JSON text is no report.
    case report(TLSReport.ParseError)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "it has more than \(limit) octets"
        case .empty: "it is empty"
        case .unknownFormat: "it is neither JSON nor gzip, zip, mail or mailbox"
        case .needsCompression(let format):
            "it is a \(format.rawValue) file; to read it the package trait ZLIB is needed (module MTASTSZLIB)"
        case .compression(let failure): "\(failure)"
        case .nested(let inner, let outer): "a report is not looked for in \(inner.rawValue) within \(outer.rawValue)"
        case .noReport(let format): "there is no report in this \(format.rawValue)"
        case .tooMany(let limit): "only the first \(limit) are read"
        case .mail(let failure): "\(failure)"
        case .report(let error): "\(error)"
        }
    }
}

/// How much a ``ReportFileReader`` reads.
public struct ReportFileLimits: Hashable, Sendable {
    /// The most octets of a file.
    public var inputOctets: Int

    /// The most octets that come out of all that is compressed in a file.
    public var expandedOctets: Int

    /// The most files of one archive.
    public var filesPerArchive: Int

    /// The most results of one file, reports and failures; one more then says that there are more.
    public var results: Int

    /// How much of a mail is read.
    public var mail: ReportMailReader.Limits

    /// What a report may cost to read.
    public var report: TLSReport.ReadingLimits

    /// 64 MiB in and 64 MiB out, archives of 1,000 files, 10,000 results.
    public static let `default` = ReportFileLimits()

    /// Limits; by default those of ``default``.
    public init(
        inputOctets: Int = 64 << 20,
        expandedOctets: Int = 64 << 20,
        filesPerArchive: Int = 1_000,
        results: Int = 10_000,
        mail: ReportMailReader.Limits = ReportMailReader.Limits(),
        report: TLSReport.ReadingLimits = .default
    ) {
        self.inputOctets = inputOctets
        self.expandedOctets = expandedOctets
        self.filesPerArchive = filesPerArchive
        self.results = results
        self.mail = mail
        self.report = report
    }
}
