// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension UInt8 {
    /// An octet of an extension value in a record: visible ASCII but `;` and `=` (RFC 8461 section 3.1, RFC 8460
    /// section 3).
    @inlinable
    package var isRecordValueOctet: Bool {
        self &- 0x21 < 0x5E && self != 0x3B && self != 0x3D
    }
}

/// A field that a record may have besides those it is about (RFC 8461 section 3.1, RFC 8460 section 3).
package enum TXTField {
    /// The most octets of a field's name.
    package static let maximumNameOctets = 32

    /// Whether both texts are within the grammar of an extension.
    package static func isExtension(name: String, value: String) -> Bool {
        let octets = name.utf8
        guard (1...maximumNameOctets).contains(octets.count), let first = octets.first, first.isASCIIAlphanumeric else {
            return false
        }
        return octets.allSatisfy(\.isExtensionNameTail) && !value.utf8.isEmpty
            && value.utf8.allSatisfy(\.isRecordValueOctet)
    }
}
