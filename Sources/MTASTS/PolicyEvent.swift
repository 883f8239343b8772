// SPDX-License-Identifier: Apache-2.0

public import PolicyCache
public import STSCore

/// Something an operator may want to know.
public enum PolicyEvent: Hashable, Sendable {
    /// A policy was fetched; `replacing` is the one it takes the place of.
    case fetched(DomainName, CachedPolicy, replacing: CachedPolicy?)
    /// A policy could not be fetched for a message, or DNS did not answer for one whose policy is cached. A fresh cached
    /// policy stays. Of DNS it is told once for a domain until DNS answers again, and never for a policy of mode none.
    case discoveryFailed(DomainName, PolicyFailure)
    /// A refresh failed (RFC 8461 sections 3.3 and 10.2). Never sent for a policy of mode none.
    case refreshFailed(DomainName, PolicyFailure, expiresAt: UnixTime)
    /// A policy that protects mail is going to lapse, since refreshes fail: this many days are left.
    case lapsing(DomainName, daysLeft: Int)
    /// Signs that somebody takes a domain's protection away, or that its owner errs. That a record is gone is told once
    /// until it is there again.
    case downgradeSigns(DomainName, [DowngradeSign])
    /// A policy that protected mail has expired and no newer one could be had: mail goes without it (RFC 8461 section
    /// 5.1). It is told once for a policy, by the first message that misses it or by ``PolicyResolver/run()``, which
    /// leaves out what nobody asked for in 30 days. If many domains lapse at once, look at the clock.
    case lapsed(DomainName, CachedPolicy)
    /// A policy's fetch lies in the future: the clock was set back, or was ahead then. The policy is in force and is
    /// fetched again.
    case fetchedInFuture(DomainName, CachedPolicy)
    /// A limit of ours was reached, by a message for this domain among others: policies that are cached are in force,
    /// others could not be looked up or fetched. It is told once a minute at most.
    case overloaded(DomainName, reason: String)
    /// A policy had to leave memory and no store holds it.
    case policyLost(DomainName, CachedPolicy)
    /// The store failed; memory goes on. What could not be stored is tried again each minute by
    /// ``PolicyResolver/run()``.
    case storeFailed(DomainName?, reason: String)
}

/// A change that weakens a domain's protection.
public enum DowngradeSign: String, Hashable, Sendable, CaseIterable {
    /// The TXT record is gone or invalid while an enforcing policy is cached.
    case recordVanished
    /// The id went back to an earlier one, or changed three times within an hour.
    case idFlapping
    /// The mode went from enforce to testing or none, or from testing to none.
    case modeWeakened
    /// The new policy has a pattern that no pattern of the old one covers.
    case mxWidened
    /// max_age is less than half of what it was.
    case maxAgeShrunk

    /// The signs in the change from one policy to the next.
    static func signs(from old: CachedPolicy, to new: CachedPolicy) -> [DowngradeSign] {
        var signs: [DowngradeSign] = []
        if new.policy.mode.strength < old.policy.mode.strength { signs.append(.modeWeakened) }
        if new.policy.mode != .none, old.policy.mode != .none, new.policy.isWider(than: old.policy) {
            signs.append(.mxWidened)
        }
        if new.policy.maxAge < old.policy.maxAge / 2 { signs.append(.maxAgeShrunk) }
        return signs
    }
}
