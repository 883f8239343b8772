// SPDX-License-Identifier: Apache-2.0

package import Synchronization

#if MTASTS_THREAD_SANITIZER
/// A `Mutex` whose hand-over the thread sanitizer can see.
///
/// On Linux the slow path of `Mutex` is inside the standard library, which is not instrumented: the sanitizer then
/// reports every contended lock as a race. An atomic that each owner reads on entry and writes on exit shows it the
/// order that the lock makes. `Tests/sanitize` builds with this; nothing else does.
package struct Lock<Value: ~Copyable>: ~Copyable {
    private let mutex: Mutex<Value>
    private let handOver = Atomic(false)

    package init(_ value: consuming sending Value) { mutex = Mutex(value) }

    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value: inout sending Value) throws(Failure) -> sending Result in
            _ = handOver.load(ordering: .acquiring)
            defer { handOver.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}

extension Lock: Sendable where Value: ~Copyable {}
#else
/// The lock of this package: the standard library's.
package typealias Lock = Mutex
#endif
