// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// What the TXT records at a name come to before the grammar is asked: the rule of one record, which RFC 8461 section 3.1
/// and RFC 8460 section 3 share.
package enum TXTRecordSet {
    /// The joined octets of the one record.
    case one([UInt8])
    /// No resource record is of this kind.
    case absent
    /// More than one resource record begins with the version and a semicolon.
    case several(count: Int)

    /// Picks the one record.
    ///
    /// - Parameters:
    ///   - resourceRecords: Each resource record as its list of character-strings, in any order.
    ///   - version: What the record begins with, without the semicolon: `v=STSv1`.
    package init(_ resourceRecords: [[[UInt8]]], version: StaticString) {
        guard resourceRecords.count > 1 else {
            let octets = resourceRecords.first.map(Self.joined) ?? []
            // A lone record goes to the grammar without the filter, so that `v=STSv1 ; id=a` is taken.
            let isOfThisKind = octets.span.hasPrefix(version, at: 0, to: octets.count)
            self = isOfThisKind ? .one(octets) : .absent
            return
        }
        let versionEnd = version.utf8CodeUnitCount
        var found: [UInt8]?
        var count = 0
        for resourceRecord in resourceRecords {
            let octets = Self.joined(resourceRecord)
            guard octets.span.hasPrefix(version, at: 0, to: octets.count), versionEnd < octets.count,
                octets[versionEnd] == 0x3B
            else { continue }
            count += 1
            if found == nil { found = octets }
        }
        guard let found else {
            self = .absent
            return
        }
        self = count == 1 ? .one(found) : .several(count: count)
    }

    /// Character-strings are joined with nothing between.
    private static func joined(_ strings: [[UInt8]]) -> [UInt8] {
        strings.count == 1 ? strings[0] : Array(strings.joined())
    }
}
