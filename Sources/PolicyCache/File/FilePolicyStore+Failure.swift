// SPDX-License-Identifier: Apache-2.0

extension FilePolicyStore {
    /// Why the file store could not do its work. Nothing that was stored before is lost by it.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What went wrong.
        public enum Code: String, Sendable {
            /// The store's folder cannot be used: it is missing and cannot be made, is no folder, or is not writable; or
            /// it was gone, with the entries in it, and was made anew.
            case folder
            /// A call of the operating system failed.
            case system
            /// Another process held a lock for longer than the store waits.
            case busy
            /// The entry was written by a newer version of this library; it is never overwritten.
            case newerFormat
            /// The policy text has more octets than a policy file may have, and could not be read back.
            case tooLarge
            /// The cursor is not one of this store's.
            case cursor
        }

        /// What went wrong.
        public let code: Code

        /// The call that failed, such as `openat`; empty if it was none.
        public let call: String

        /// The place: relative to the store's folder, or that folder itself.
        public let path: String

        /// The error number of the call, 0 if it was none.
        public let errorNumber: Int32

        /// What went wrong, for people; for a call the operating system's own text.
        public let reason: String

        init(_ code: Code, call: String = "", path: String, errorNumber: Int32 = 0, reason: String) {
            self.code = code
            self.call = call
            self.path = path
            self.errorNumber = errorNumber
            self.reason = reason
        }

        /// A sentence for people.
        public var description: String {
            call.isEmpty ? "\(path): \(reason)" : "\(path): \(call): \(reason)"
        }
    }
}

/// Something wrong with one entry of a store. The entry counts as absent and no other is harmed.
public struct StoreProblem: Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Kind: Hashable, Sendable {
        /// The entry is damaged. It was renamed to the given path within the store, for inspection; nil if that failed.
        case damaged(setAsideAs: String?)
        /// The entry was written by a newer version of this library, in the format of the given number. It is left in
        /// place.
        case newerFormat(Int)
        /// The entry, or a folder of the store, could not be read just now. It is left in place.
        case unreadable
    }

    /// What is wrong.
    public let kind: Kind

    /// The path within the store.
    public let path: String

    /// What was found, for people.
    public let reason: String

    /// A sentence for people.
    public var description: String {
        switch kind {
        case .damaged(let kept?): "\(path): damaged (\(reason)); set aside as \(kept)"
        case .damaged(nil): "\(path): damaged (\(reason)); it could not be set aside"
        case .newerFormat: "\(path): \(reason); left in place"
        case .unreadable: "\(path): could not be read (\(reason)); left in place"
        }
    }
}
