// SPDX-License-Identifier: Apache-2.0

/// What a receiver's answer to a POST means (RFC 8460 section 5.4).
public enum ReportAnswer: Hashable, Sendable {
    /// The report is delivered.
    case accepted
    /// Another attempt may succeed.
    case retry(reason: String)
    /// No attempt with this report will succeed.
    case refused(reason: String)

    /// The meaning of an HTTP status.
    ///
    /// Any 2xx is a success. Redirects are not followed: they would lead the report to whom the domain did not name. A
    /// report that is too large will not shrink. Anything else may be tried again, a 4xx too, since receivers answer so
    /// while they are set up.
    public init(status: Int) {
        switch status {
        case 200...299: self = .accepted
        case 300...399: self = .refused(reason: "http-status-\(status), redirects are not followed")
        case 413: self = .refused(reason: "http-status-413, the report is too large")
        default: self = .retry(reason: "http-status-\(status)")
        }
    }
}
