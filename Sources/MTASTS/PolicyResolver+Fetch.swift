// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import STSPolicy
internal import STSRecord

// One fetch of a policy at a time, whoever asks for it: a message, a look before a message is returned, or a refresh.

extension PolicyResolver {
    struct FetchKey: Hashable, Sendable {
        let domain: DomainName
        let id: STSRecord.ID?
    }

    enum FetchOutcome: Sendable {
        case fetched(STSPolicy)
        case failed(FetchFailure)
        case overloaded(String)
    }

    /// Fetches a policy within the caps; who asks for one that is being fetched waits for that.
    func fetch(_ domain: DomainName, _ id: STSRecord.ID?, isRefresh: Bool = false) async -> Fetch {
        let fetch = try? await fetches.value(for: FetchKey(domain: domain, id: id)) {
            await self.fetchAlone(domain, id, isRefresh ? self.refreshLimiter : self.limiter)
        }
        return fetch ?? notBegun(Task.isCancelled ? "cancelled" : "too many fetches")
    }

    private func notBegun(_ reason: String) -> Fetch {
        Fetch(outcome: .overloaded(reason), began: now, startedAt: monotonicNow)
    }

    struct Fetch: Sendable {
        let outcome: FetchOutcome
        /// The wall time at which the fetch began, after it had waited for its turn.
        let began: UnixTime
        /// The same moment, to be compared with that of a read of the store.
        let startedAt: MonotonicTime
    }

    private func fetchAlone(
        _ domain: DomainName,
        _ id: STSRecord.ID?,
        _ limiter: FetchLimiter
    ) async -> Fetch {
        do {
            let fetch = try await limiter.run { () async -> Fetch in
                let (began, startedAt) = (self.now, self.monotonicNow)
                return Fetch(outcome: await self.outcome(domain, id), began: began, startedAt: startedAt)
            }
            return fetch ?? notBegun("\(configuration.maximumConcurrentFetches) fetches are under way")
        } catch {
            return notBegun("cancelled")
        }
    }

    private func outcome(_ domain: DomainName, _ id: STSRecord.ID?) async -> FetchOutcome {
        do {
            return .fetched(try await fetcher.fetch(domain, recordID: id))
        } catch let failure as FetchFailure {
            if case .transport(.overloaded(let reason)) = failure.cause { return .overloaded(reason) }
            // Some transports tell cancellation as a broken connection.
            return Task.isCancelled ? .overloaded("cancelled") : .failed(failure)
        } catch {
            return .overloaded("cancelled")
        }
    }
}
