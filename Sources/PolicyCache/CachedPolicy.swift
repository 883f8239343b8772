// SPDX-License-Identifier: Apache-2.0

public import STSCore
public import STSPolicy
public import STSRecord

/// A policy with what a sender has to know of its fetch (RFC 8461 section 3.2).
///
/// Its life runs from the fetch, whatever DNS says later (section 5.1): an unchanged id does not extend it, a missing
/// record does not end it.
public struct CachedPolicy: Hashable, Sendable {
    /// The policy, with the text as served.
    public let policy: STSPolicy

    /// The id of the record that announced the policy, read before the fetch; nil if a refresh could read no record.
    public let recordID: STSRecord.ID?

    /// The wall time at which the fetch began.
    public let fetchedAt: UnixTime

    /// The wall time at which a message last asked for the policy. In a store it is as of the entry's last write: what
    /// was asked since is known to memory alone.
    public let lastRequestedAt: UnixTime

    /// A policy that was fetched.
    ///
    /// - Parameters:
    ///   - policy: The policy, with the text as served.
    ///   - recordID: The id of the record, as read before the fetch.
    ///   - fetchedAt: The wall time at which the fetch began.
    ///   - lastRequestedAt: The wall time at which a message last asked; by default the time of the fetch.
    public init(
        policy: STSPolicy,
        recordID: STSRecord.ID?,
        fetchedAt: UnixTime,
        lastRequestedAt: UnixTime? = nil
    ) {
        self.policy = policy
        self.recordID = recordID
        self.fetchedAt = fetchedAt
        self.lastRequestedAt = lastRequestedAt ?? fetchedAt
    }

    /// The last moment at which the policy may be applied.
    public var expiresAt: UnixTime { fetchedAt.advanced(bySeconds: Int64(policy.maxAge)) }

    /// Whether the policy may be applied (RFC 8461 section 5.1): the time since the fetch does not exceed max_age.
    ///
    /// A fetch that lies in the future, since the clock was set back, does not make the policy unusable. A max_age of
    /// 0 is never fresh.
    public func isFresh(at now: UnixTime) -> Bool {
        Self.isFresh(maxAge: policy.maxAge, fetchedAt: fetchedAt, at: now)
    }

    static func isFresh(maxAge: Int, fetchedAt: UnixTime, at now: UnixTime) -> Bool {
        maxAge > 0 && now.seconds(since: fetchedAt) <= Int64(maxAge)
    }

    /// The same entry, asked for at `moment`.
    package func requested(at moment: UnixTime) -> CachedPolicy {
        CachedPolicy(policy: policy, recordID: recordID, fetchedAt: fetchedAt, lastRequestedAt: moment)
    }

    /// Whether this policy was fetched after `other`. A fetch that lies in the future tells nothing: the clock was set
    /// back since.
    package func wasFetched(after other: CachedPolicy, now: UnixTime) -> Bool {
        Self.wasFetched(at: fetchedAt, after: other.fetchedAt, now: now)
    }

    static func wasFetched(at moment: UnixTime, after other: UnixTime, now: UnixTime) -> Bool {
        moment > other && moment <= now
    }
}
