// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// An HTTPS transport that answers by a script and counts what it is asked. A policy host without a script cannot be
/// reached.
public final class ScriptedHTTPS: HTTPTransport {
    /// One answer.
    public enum Answer: Sendable {
        /// Status 200, text/plain, and this policy file.
        case policy(String)
        /// Any answer.
        case response(HTTPResponse)
        /// A failure.
        case failure(HTTPFailure)
    }

    private struct Step: Sendable {
        let answer: Answer
        let delay: Duration
    }

    private let script = Script<DomainName, Step>()
    private let clock: any MonotonicClock

    /// A transport without answers.
    ///
    /// - Parameter clock: The clock on which delays and deadlines pass.
    public init(clock: any MonotonicClock = ManualMonotonicClock()) { self.clock = clock }

    /// Sets the answer of a policy host from now on, after those of ``answerOnce(_:at:after:)``.
    public func answer(_ answer: Answer, at host: DomainName, after delay: Duration = .zero) {
        script.set(Step(answer: answer, delay: delay), for: host)
    }

    /// Adds an answer for one request to a policy host; several are given in order.
    public func answerOnce(_ answer: Answer, at host: DomainName, after delay: Duration = .zero) {
        script.append(Step(answer: answer, delay: delay), for: host)
    }

    /// Publishes a policy file at `mta-sts.` and a policy domain.
    public func publishPolicy(_ text: String, for domain: DomainName) {
        guard let host = domain.policyHost else { return }
        answer(.policy(text), at: host)
    }

    /// Lets every request to a policy host wait until ``release(_:)``.
    public func hold(_ host: DomainName) { script.hold(host) }

    /// Answers the requests that wait, and no longer lets any wait.
    public func release(_ host: DomainName) { script.release(host) }

    /// The policy hosts asked, in order.
    public var requests: [DomainName] { script.asked }

    /// How often a policy host was asked.
    public func requestCount(at host: DomainName) -> Int { script.count(of: host) }

    /// Returns once a policy host was asked that many times in all.
    public func waitForRequests(_ count: Int, at host: DomainName) async { await script.waitUntilAsked(host, count) }

    /// The scripted answer, or the deadline's failure if its delay is longer than the deadline.
    public func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        guard let step = await script.step(for: request.host) else {
            throw HTTPFailure.connection(reason: "no such host")
        }
        let pause = min(step.delay, request.deadline)
        if pause > .zero { try await clock.sleep(until: clock.now.advanced(by: pause)) }
        try Task.checkCancellation()
        guard step.delay < request.deadline else { throw HTTPFailure.deadline(request.deadline) }
        switch step.answer {
        case .policy(let text):
            return HTTPResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
        case .response(let response): return response
        case .failure(let failure): throw failure
        }
    }
}
