// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The processor time that this thread spends in a call, in seconds: unlike the time of a clock it does not depend on what
/// else the machine does. The call must not suspend.
public func processorSeconds(_ call: () throws -> Void) rethrows -> Double {
    let start = threadSeconds()
    try call()
    return threadSeconds() - start
}

private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
