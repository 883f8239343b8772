// SPDX-License-Identifier: Apache-2.0

public import MTASTS
import Synchronization

/// A transport of reports, by POST and by mail, that answers by a script and keeps what it is given. A destination
/// without a script cannot be reached.
///
/// A destination is the URL of a POST or the recipient of a mail.
public final class ScriptedReports: HTTPReportTransport, MailReportTransport {
    /// One answer.
    public enum Answer: Sendable {
        /// A POST is answered by this status; a mail is taken if it is a 2xx and fails for now if it is not.
        case status(Int)
        /// A failure.
        case failure(ReportTransportFailure)
    }

    private struct Step: Sendable {
        let answer: Answer
        let delay: Duration
    }

    private struct Taken {
        var posts: [ReportPost] = []
        var mails: [ReportMail] = []
        var underWay: [String: Int] = [:]
        var most: [String: Int] = [:]
        var mostInAll = 0
    }

    private let script = Script<String, Step>()
    private let taken = Lock(Taken())
    private let clock: any MonotonicClock

    /// A transport without answers.
    ///
    /// - Parameter clock: The clock on which delays and deadlines pass.
    public init(clock: any MonotonicClock = ManualMonotonicClock()) { self.clock = clock }

    /// Sets the answer of a destination from now on, after those of ``answerOnce(_:at:after:)``.
    public func answer(_ answer: Answer, at destination: String, after delay: Duration = .zero) {
        script.set(Step(answer: answer, delay: delay), for: destination)
    }

    /// Adds an answer for one attempt at a destination; several are given in order.
    public func answerOnce(_ answer: Answer, at destination: String, after delay: Duration = .zero) {
        script.append(Step(answer: answer, delay: delay), for: destination)
    }

    /// Lets every attempt at a destination wait until ``release(_:)``.
    public func hold(_ destination: String) { script.hold(destination) }

    /// Answers the attempts that wait, and no longer lets any wait.
    public func release(_ destination: String) { script.release(destination) }

    /// The destinations of all attempts, in order.
    public var attempts: [String] { script.asked }

    /// How often a destination was tried.
    public func attemptCount(at destination: String) -> Int { script.count(of: destination) }

    /// Returns once a destination was tried that many times in all.
    public func waitForAttempts(_ count: Int, at destination: String) async {
        await script.waitUntilAsked(destination, count)
    }

    /// What was posted, in order, whatever was answered.
    public var posts: [ReportPost] { taken.withLock { $0.posts } }

    /// What was mailed, in order, whatever was answered.
    public var mails: [ReportMail] { taken.withLock { $0.mails } }

    /// The most attempts that were under way at a destination at one time.
    public func mostAtOnce(at destination: String) -> Int { taken.withLock { $0.most[destination] ?? 0 } }

    /// The most attempts that were under way at one time.
    public var mostAtOnce: Int { taken.withLock { $0.mostInAll } }

    /// The scripted status, or a failure if its delay is longer than the deadline.
    public func post(_ post: ReportPost) async throws -> Int {
        taken.withLock { $0.posts.append(post) }
        switch try await step(at: post.url, deadline: post.deadline) {
        case .status(let status): return status
        case .failure(let failure): throw failure
        }
    }

    /// The scripted answer.
    public func send(_ mail: ReportMail) async throws {
        taken.withLock { $0.mails.append(mail) }
        switch try await step(at: mail.recipient, deadline: .seconds(86_400)) {
        case .status(200...299): return
        case .status(let status): throw ReportTransportFailure.temporary(reason: "\(status)")
        case .failure(let failure): throw failure
        }
    }

    private func step(at destination: String, deadline: Duration) async throws -> Answer {
        taken.withLock { taken in
            taken.underWay[destination, default: 0] += 1
            taken.most[destination] = max(taken.most[destination] ?? 0, taken.underWay[destination] ?? 0)
            taken.mostInAll = max(taken.mostInAll, taken.underWay.values.reduce(0, +))
        }
        defer { taken.withLock { $0.underWay[destination, default: 1] -= 1 } }
        let step = await script.step(for: destination)
        try Task.checkCancellation()
        guard let step else { throw ReportTransportFailure.temporary(reason: "no such destination") }
        let pause = min(step.delay, deadline)
        if pause > .zero { try await clock.sleep(until: clock.now.advanced(by: pause)) }
        try Task.checkCancellation()
        guard step.delay < deadline else { throw ReportTransportFailure.temporary(reason: "no answer in time") }
        return step.answer
    }
}
