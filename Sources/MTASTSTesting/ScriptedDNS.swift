// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// A DNS transport that answers by a script and counts what it is asked. A name without a script does not exist.
///
/// ```swift
/// let dns = ScriptedDNS()
/// dns.publishRecord("v=STSv1; id=1;", for: domain)
/// ```
public final class ScriptedDNS: DNSTransport {
    /// One answer.
    public enum Answer: Sendable {
        /// TXT records, each of one character-string, with a TTL.
        case txt([String], timeToLive: Duration? = nil)
        /// TXT records.
        case records([TXTRecord], timeToLive: Duration? = nil)
        /// NXDOMAIN.
        case noSuchName(timeToLive: Duration? = nil)
        /// NODATA.
        case noData(timeToLive: Duration? = nil)
        /// A failure.
        case failure(DNSFailure)
    }

    private struct Step: Sendable {
        let answer: Answer
        let delay: Duration
    }

    private let script = Script<DomainName, Step>()
    private let clock: any MonotonicClock

    /// A transport without answers.
    ///
    /// - Parameter clock: The clock on which delays pass.
    public init(clock: any MonotonicClock = ManualMonotonicClock()) { self.clock = clock }

    /// Sets the answer for a name from now on, after those of ``answerOnce(_:at:after:)``.
    public func answer(_ answer: Answer, at name: DomainName, after delay: Duration = .zero) {
        script.set(Step(answer: answer, delay: delay), for: name)
    }

    /// Adds an answer for one query at a name; several are given in order.
    public func answerOnce(_ answer: Answer, at name: DomainName, after delay: Duration = .zero) {
        script.append(Step(answer: answer, delay: delay), for: name)
    }

    /// Publishes TXT records at `_mta-sts.` and a policy domain.
    public func publishRecord(_ texts: String..., for domain: DomainName, timeToLive: Duration? = nil) {
        guard let name = domain.stsRecordName else { return }
        answer(.txt(texts, timeToLive: timeToLive), at: name)
    }

    /// Publishes TXT records at `_smtp._tls.` and a policy domain.
    public func publishReportingRecord(_ texts: String..., for domain: DomainName, timeToLive: Duration? = nil) {
        guard let name = domain.tlsReportingRecordName else { return }
        answer(.txt(texts, timeToLive: timeToLive), at: name)
    }

    /// Lets every query at a name wait until ``release(_:)``.
    public func hold(_ name: DomainName) { script.hold(name) }

    /// Answers the queries that wait, and no longer lets any wait.
    public func release(_ name: DomainName) { script.release(name) }

    /// The names asked for, in order.
    public var queries: [DomainName] { script.asked }

    /// How often a name was asked for.
    public func queryCount(at name: DomainName) -> Int { script.count(of: name) }

    /// Returns once a name was asked for that many times in all.
    public func waitForQueries(_ count: Int, at name: DomainName) async { await script.waitUntilAsked(name, count) }

    /// The scripted answer.
    public func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        guard let step = await script.step(for: name) else { return DNSAnswer(.noSuchName) }
        if step.delay > .zero { try await clock.sleep(until: clock.now.advanced(by: step.delay)) }
        try Task.checkCancellation()
        switch step.answer {
        case .txt(let texts, let timeToLive):
            return DNSAnswer(.records(texts.map { TXTRecord($0) }), timeToLive: timeToLive)
        case .records(let records, let timeToLive): return DNSAnswer(.records(records), timeToLive: timeToLive)
        case .noSuchName(let timeToLive): return DNSAnswer(.noSuchName, timeToLive: timeToLive)
        case .noData(let timeToLive): return DNSAnswer(.noData, timeToLive: timeToLive)
        case .failure(let failure): throw failure
        }
    }
}
