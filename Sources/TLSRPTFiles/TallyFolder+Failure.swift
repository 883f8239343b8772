// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import TLSRPT

extension TallyFolder {
    /// Why the folder could not do its work. What was in it before is still there.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was to be done, or the call of the operating system that failed.
        public let call: String

        /// The place: relative to the folder, or the folder itself.
        public let path: String

        /// The error number of the call, 0 if it was none.
        public let errorNumber: Int32

        /// What went wrong, for people.
        public let reason: String

        init(call: String, path: String, errorNumber: Int32 = 0, reason: String) {
            self.call = call
            self.path = path
            self.errorNumber = errorNumber
            self.reason = reason
        }

        init(_ failure: OpenFile.Failure) {
            self.init(
                call: failure.call,
                path: failure.path,
                errorNumber: failure.errorNumber,
                reason: failure.reason
            )
        }

        /// A sentence for people.
        public var description: String { "\(path): \(call): \(reason)" }
    }

    /// Something wrong in the folder that stopped nothing.
    public enum Problem: Hashable, Sendable, CustomStringConvertible {
        /// A segment has lines that could not be read. They count for nothing; a copy of them, 1 MiB at most, is in the
        /// file named, nil if that could not be written.
        case damagedLines(segment: String, count: Int, reason: String, setAsideAs: String?)
        /// What was counted could not be written, is held by the counter, and will be tried again.
        case flushFailed(Failure)
        /// Segments could not be put together or cleared away; they will be another time.
        case upkeepFailed(Failure)
        /// A day was removed with sessions that were flushed after the report on their domain was sent, or after the last
        /// look at the day: no report has them.
        case sessionsTooLate(ReportDay, SessionTotals)
        /// A day was removed with sessions that were counted without their domain, since there were too many domains: no
        /// report has them.
        case sessionsWithoutDomain(ReportDay, SessionTotals)

        /// A sentence for people.
        public var description: String {
            switch self {
            case .damagedLines(let segment, let count, let reason, let kept):
                "\(segment): \(count) damaged lines (\(reason)); "
                    + (kept.map { "set aside as \($0)" } ?? "they could not be set aside")
            case .flushFailed(let failure): "sessions not written, to be tried again: \(failure)"
            case .upkeepFailed(let failure): "upkeep put off: \(failure)"
            case .sessionsTooLate(let day, let totals):
                "\(day): \(totals.all) sessions were flushed after the reports were sent, and are in none"
            case .sessionsWithoutDomain(let day, let totals):
                "\(day): \(totals.all) sessions were counted without their domain, and are in no report"
            }
        }
    }
}
