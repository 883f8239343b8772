// SPDX-License-Identifier: Apache-2.0

public import STSCore
public import TLSRPT

/// Something an operator may want to know about the sending of reports.
public enum ReportEvent: Hashable, Sendable {
    /// A report has come to its end.
    case finished(DomainName, ReportDay, ReportOutcome)
    /// An attempt failed; the next one is in this time.
    case attemptFailed(DomainName, ReportDay, [ReportFailure], nextIn: Duration)
    /// The source of reports failed; it is asked again later.
    case sourceFailed(reason: String)
}
