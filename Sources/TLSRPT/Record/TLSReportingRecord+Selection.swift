// SPDX-License-Identifier: Apache-2.0

internal import TXTFields

extension TLSReportingRecord {
    /// What the TXT records at `_smtp._tls.` and a domain come to (RFC 8460 section 3).
    public enum Selection: Hashable, Sendable {
        /// The one record.
        case record(TLSReportingRecord)
        /// No resource record is of this kind.
        case absent
        /// More than one resource record begins with `v=TLSRPTv1;`: a sender takes none of them.
        case several(count: Int)
        /// The one resource record of this kind is outside the grammar.
        case malformed(ParseError)
    }

    /// Picks the one record out of the TXT records at a name.
    ///
    /// The character-strings of a resource record are joined with nothing between. Of several resource records those
    /// that do not begin with `v=TLSRPTv1;` are dropped; exactly one must be left, and it must be valid. Anything else
    /// means that the domain asks for no reports.
    ///
    /// - Parameter resourceRecords: Each resource record as its list of character-strings, in any order.
    public static func select(from resourceRecords: [[[UInt8]]]) -> Selection {
        switch TXTRecordSet(resourceRecords, version: TLSReportingReader.version) {
        case .one(let octets): parse(octets)
        case .absent: .absent
        case .several(let count): .several(count: count)
        }
    }

    private static func parse(_ octets: [UInt8]) -> Selection {
        do throws(ParseError) {
            return .record(try TLSReportingRecord(parsing: octets))
        } catch {
            return .malformed(error)
        }
    }
}
