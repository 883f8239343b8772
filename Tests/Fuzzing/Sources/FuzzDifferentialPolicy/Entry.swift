// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

/// The program's entry, under the name that SwiftPM gives it.
@_cdecl("FuzzDifferentialPolicy_main")
public func entry(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    fuzz(count, arguments) { start, count in
        check(octets(start, count))
        return 0
    }
}
