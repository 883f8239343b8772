// SPDX-License-Identifier: Apache-2.0

/// What has become of a report.
public enum ReportOutcome: Hashable, Sendable {
    /// These destinations have taken it; one is enough (RFC 8460 section 3).
    case sent(to: [TLSReportingRecord.Destination])
    /// The domain asks for no reports, or no longer.
    case notAsked(reason: String)
    /// The domain has a record, and names no destination that reports can be sent to from here.
    case noUsableDestination
    /// The report is not fit to be sent.
    case unsendable(reason: String)
    /// All destinations refused it, or time has run out; the last failure of each is told.
    case gaveUp([ReportFailure])
}

/// Why an attempt to send a report failed.
public struct ReportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where the report was to go to, nil if the record could not be had.
    public let destination: TLSReportingRecord.Destination?

    /// A text for people.
    public let reason: String

    /// A failure.
    public init(destination: TLSReportingRecord.Destination?, reason: String) {
        self.destination = destination
        self.reason = reason
    }

    /// A sentence for people.
    public var description: String {
        switch destination {
        case .mailto(let address)?: "\(address): \(reason)"
        case .https(let url)?: "\(url): \(reason)"
        case nil: reason
        }
    }
}
