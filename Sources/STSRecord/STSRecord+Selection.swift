// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension STSRecord {
    /// What the TXT records at `_mta-sts.` and a domain come to (RFC 8461 section 3.1).
    public enum Selection: Hashable, Sendable {
        /// The one record.
        case record(STSRecord)
        /// No resource record is of this kind.
        case absent
        /// More than one resource record begins with `v=STSv1;`: a sender takes none of them.
        case several(count: Int)
        /// The one resource record of this kind is outside the grammar.
        case malformed(ParseError)
    }

    /// Picks the one record out of the TXT records at a name.
    ///
    /// The character-strings of a resource record are joined with nothing between. Of several resource records those
    /// that do not begin with `v=STSv1;` are dropped; exactly one must be left, and it must be valid. Anything else is
    /// "no record" to a sender, and never ends a cached policy.
    ///
    /// - Parameter resourceRecords: Each resource record as its list of character-strings, in any order.
    public static func select(from resourceRecords: [[[UInt8]]]) -> Selection {
        guard resourceRecords.count > 1 else {
            guard let only = resourceRecords.first else { return .absent }
            let octets = joined(only)
            // A lone record goes to the grammar without the filter, so that `v=STSv1 ; id=a` is taken.
            guard octets.span.hasPrefix("v=STSv1", at: 0, to: octets.count) else { return .absent }
            return parse(octets)
        }
        var found: [UInt8]?
        var count = 0
        for resourceRecord in resourceRecords {
            let octets = joined(resourceRecord)
            guard octets.span.hasPrefix("v=STSv1;", at: 0, to: octets.count) else { continue }
            count += 1
            if found == nil { found = octets }
        }
        guard let found else { return .absent }
        return count == 1 ? parse(found) : .several(count: count)
    }

    private static func parse(_ octets: [UInt8]) -> Selection {
        do throws(ParseError) {
            return .record(try STSRecord(parsing: octets))
        } catch {
            return .malformed(error)
        }
    }

    private static func joined(_ strings: [[UInt8]]) -> [UInt8] {
        strings.count == 1 ? strings[0] : Array(strings.joined())
    }
}
