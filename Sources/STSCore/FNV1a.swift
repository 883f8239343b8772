// SPDX-License-Identifier: Apache-2.0

/// The hash FNV-1a: the same in every process and version, and no defence against who chooses the octets.
package enum FNV1a {
    /// The hash of nothing in 64 bits.
    @inlinable
    package static var basis: UInt64 { 0xCBF2_9CE4_8422_2325 }

    /// The hash in 64 bits of octets after those that `seed` is the hash of.
    @inlinable
    package static func hash64(_ octets: some Sequence<UInt8>, after seed: UInt64 = basis) -> UInt64 {
        var hash = seed
        for octet in octets { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
        return hash
    }

    /// The hash in 128 bits.
    @inlinable
    package static func hash128(_ octets: some Sequence<UInt8>) -> UInt128 {
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for octet in octets { hash = (hash ^ UInt128(octet)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
        return hash
    }
}
