// SPDX-License-Identifier: Apache-2.0

public import STSPolicy
public import STSRecord
public import TLSRPT

/// Why a policy could not be found, read or refreshed. It rides along with the answer that holds all the same: a
/// fresh cached policy, or none.
public enum PolicyFailure: Error, Hashable, Sendable {
    /// DNS did not answer. With no policy cached the sender may prefer to defer the message.
    case dns(DNSFailure)
    /// DNS answered that there is no valid record, while a fresh policy is cached (RFC 8461 section 6).
    case record(RecordFault)
    /// The policy file could not be had.
    case fetch(FetchFailure)
    /// Too much is going on at once; nothing was asked, and nothing is remembered.
    case overloaded(reason: String)

    /// Why the TXT records at a name are no record.
    public enum RecordFault: Hashable, Sendable {
        /// There is none.
        case absent
        /// More than one resource record begins with `v=STSv1;`.
        case several(count: Int)
        /// The record is outside the grammar.
        case malformed(STSRecord.ParseError)
    }

    /// The step at which it failed.
    public enum Step: String, Sendable {
        /// The TXT record.
        case record
        /// The HTTPS exchange.
        case fetch
        /// The policy file's content.
        case parse
    }

    /// The step at which it failed.
    public var step: Step {
        switch self {
        case .dns, .record: .record
        case .fetch(let failure):
            if case .invalidPolicy = failure.cause { .parse } else { .fetch }
        case .overloaded: .fetch
        }
    }

    /// The result type of RFC 8460 section 4.3.2.2 for this failure.
    public var resultType: TLSResultType {
        if case .fetch(let failure) = self { failure.resultType } else { .stsPolicyFetchError }
    }
}

extension PolicyFailure: CustomStringConvertible {
    /// A sentence for people.
    public var description: String {
        switch self {
        case .dns(let failure): "\(failure)"
        case .record(.absent): "there is no _mta-sts TXT record"
        case .record(.several(let count)): "\(count) TXT records begin with v=STSv1; and there must be one"
        case .record(.malformed(let error)): "the _mta-sts TXT record is invalid: \(error)"
        case .fetch(let failure): "\(failure)"
        case .overloaded(let reason): "not asked: \(reason)"
        }
    }
}

/// Why the policy file could not be had (RFC 8461 section 3.3).
public struct FetchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Cause: Hashable, Sendable {
        /// The transport got no complete answer.
        case transport(HTTPFailure)
        /// The status is not 200; redirects are not followed (section 3.3).
        case status(Int)
        /// The media type is not text/plain (section 3.2).
        case mediaType(String?)
        /// The body has a content coding although none was asked for.
        case contentEncoding(String)
        /// The body is no valid policy (section 3.2).
        case invalidPolicy(STSPolicy.ParseError)
        /// A fetch for this id failed less than five minutes ago (section 3.3).
        case backOff
        /// `mta-sts.` and the domain are too long for a name.
        case nameTooLong
    }

    /// What went wrong.
    public let cause: Cause

    /// The id of the record that asked for the fetch; nil if a refresh could read none.
    public let recordID: STSRecord.ID?

    /// The first octets of an invalid policy in whole lines, at most 4 KiB, for the "policy-string" of a report; empty
    /// for other causes.
    public let invalidText: [UInt8]

    init(_ cause: Cause, recordID: STSRecord.ID?, body: [UInt8] = []) {
        self.cause = cause.cut
        self.recordID = recordID
        self.invalidText = Self.wholeLines(of: body)
    }

    private static let invalidTextLimit = 4_096

    private static func wholeLines(of body: [UInt8]) -> [UInt8] {
        guard body.count > invalidTextLimit else { return body }
        let head = body[..<invalidTextLimit]
        return head.lastIndex(of: 0x0A).map { Array(head[...$0]) } ?? []
    }

    /// The result type of RFC 8460 section 4.3.2.2.
    public var resultType: TLSResultType {
        switch cause {
        case .transport(.certificate): .stsWebPKIInvalid
        case .invalidPolicy: .stsPolicyInvalid
        default: .stsPolicyFetchError
        }
    }

    /// A short text for the "failure-reason-code" of a report.
    public var reason: String {
        switch cause {
        case .transport(.certificate(let reason)): reason
        case .transport(.connection(let reason)): "connection: \(reason)"
        case .transport(.tooLarge): "too-large"
        case .transport(.incomplete): "incomplete-body"
        case .transport(.deadline): "time-out"
        case .transport(.overloaded): "not-asked"
        case .status(let status): "http-status-\(status)"
        case .mediaType(let type): "media-type: \(type ?? "none")"
        case .contentEncoding(let coding): "content-encoding: \(coding)"
        case .invalidPolicy(let error): "\(error)"
        case .backOff: "back-off"
        case .nameTooLong: "name-too-long"
        }
    }

    /// A sentence for people.
    public var description: String {
        switch cause {
        case .transport(let failure): "\(failure)"
        case .status(let status) where (300...399).contains(status):
            "the policy host answered status \(status): redirects are not followed"
        case .status(let status): "the policy host answered status \(status), not 200"
        case .mediaType(nil): "the policy file has no media type; it must be text/plain"
        case .mediaType(let type?): "the policy file's media type is \(type), not text/plain"
        case .contentEncoding(let coding): "the policy file came with the content coding \(coding)"
        case .invalidPolicy(let error): "the policy file is invalid: \(error)"
        case .backOff: "a fetch for this id failed less than five minutes ago"
        case .nameTooLong: "mta-sts. and the domain are too long for a DNS name"
        }
    }
}

extension FetchFailure.Cause {
    /// The cause with the server's own words cut to what a log line or a report holds: failures wait for reports, and
    /// a header field may have 64 KiB.
    fileprivate var cut: Self {
        switch self {
        case .mediaType(let type?): .mediaType(type.cut)
        case .contentEncoding(let coding): .contentEncoding(coding.cut)
        case .transport(.certificate(let reason)): .transport(.certificate(reason: reason.cut))
        case .transport(.connection(let reason)): .transport(.connection(reason: reason.cut))
        case .transport(.incomplete(let reason)): .transport(.incomplete(reason: reason.cut))
        case .transport, .status, .mediaType(nil), .invalidPolicy, .backOff, .nameTooLong: self
        }
    }
}

extension String {
    fileprivate var cut: String {
        utf8.count <= 256 ? self : String(decoding: utf8.prefix(256), as: UTF8.self) + "..."
    }
}
