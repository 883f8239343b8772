// SPDX-License-Identifier: Apache-2.0

import Differential
import FuzzSupport

func check(_ octets: [UInt8]) {
    if let difference = Differential.reportingRecord(octets) { require(false, difference) }
}
