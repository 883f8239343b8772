// SPDX-License-Identifier: Apache-2.0

#if ZLIB
internal import TLSRPT

/// The directory of a zip archive, as PKWARE's APPNOTE.TXT describes it; the sections below are its.
///
/// Nothing that an archive says of itself is believed: each number is checked against the octets that are there, and
/// what two places say must fit.
struct ZIPDirectory {
    struct Entry {
        /// For people.
        let name: String
        let isFolder: Bool
        /// Deflated; otherwise stored.
        let isDeflated: Bool
        let checksum: UInt32
        /// The octets that come out, as the archive has it.
        let size: Int
        /// From the local header to the end of the data.
        let extent: Range<Int>
        /// The data alone, within the archive.
        let data: Range<Int>
    }

    private let octets: [UInt8]

    /// The entries in order. All lie within the octets and share none.
    static func entries(of octets: [UInt8]) throws(CompressionFailure) -> [Entry] {
        let directory = ZIPDirectory(octets: octets)
        let (count, place) = try directory.find()
        var entries: [Entry] = []
        var position = place.lowerBound
        for _ in 0..<count {
            let (entry, end) = try directory.entry(at: position, in: place)
            entries.append(entry)
            position = end
        }
        guard position == place.upperBound else { throw .damaged(reason: "the directory has not the length it should") }
        var end = 0
        for extent in entries.map(\.extent).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard extent.lowerBound >= end else { throw .damaged(reason: "files overlap") }
            end = extent.upperBound
        }
        return entries
    }

    /// Finds the directory by the record at the very end (4.3.16).
    private func find() throws(CompressionFailure) -> (count: Int, place: Range<Int>) {
        let length = 22
        var end = octets.count - length
        // A comment of at most 65,535 octets may follow, and nothing else.
        let first = max(0, end - 0xFFFF)
        while end >= first,
            !(number(4, at: end) == 0x0605_4B50 && number(2, at: end + 20) == octets.count - end - length)
        {
            end -= 1
        }
        guard end >= first, let count = number(2, at: end + 10), let size = number(4, at: end + 12),
            let start = number(4, at: end + 16)
        else { throw .damaged(reason: "it has no directory at its end") }
        guard count != 0xFFFF, size != 0xFFFF_FFFF, start != 0xFFFF_FFFF else {
            throw .unsupported(reason: "a zip archive in the form for large ones (Zip64)")
        }
        guard number(2, at: end + 4) == 0, number(2, at: end + 6) == 0, number(2, at: end + 8) == count else {
            throw .unsupported(reason: "a zip archive in several parts")
        }
        guard count <= ZLIBCompression.maximumEntries else {
            throw .unsupported(reason: "a zip archive of more than \(ZLIBCompression.maximumEntries) entries")
        }
        guard start <= end, size <= end - start else {
            throw .damaged(reason: "the directory is not where it should be")
        }
        return (count, start..<start + size)
    }

    /// An entry of the directory (4.3.12), and where the next one starts.
    private func entry(at position: Int, in place: Range<Int>) throws(CompressionFailure) -> (Entry, end: Int) {
        let length = 46
        guard place.upperBound - position >= length, number(4, at: position) == 0x0201_4B50,
            let flags = number(2, at: position + 8), let method = number(2, at: position + 10),
            let checksum = number(4, at: position + 16), let packed = number(4, at: position + 20),
            let size = number(4, at: position + 24), let name = number(2, at: position + 28),
            let extra = number(2, at: position + 30), let comment = number(2, at: position + 32),
            let part = number(2, at: position + 34), let start = number(4, at: position + 42)
        else { throw .damaged(reason: "the directory is cut short") }
        let nameStart = position + length
        // Three numbers of 16 bits each cannot overflow.
        guard place.upperBound - nameStart >= name + extra + comment else {
            throw .damaged(reason: "the directory is cut short")
        }
        guard packed != 0xFFFF_FFFF, size != 0xFFFF_FFFF, start != 0xFFFF_FFFF else {
            throw .unsupported(reason: "a zip archive in the form for large ones (Zip64)")
        }
        guard part == 0 else { throw .unsupported(reason: "a zip archive in several parts") }
        let nameOctets = octets[nameStart..<nameStart + name]
        let isFolder = nameOctets.last == UInt8(ascii: "/")
        if !isFolder { try Self.check(flags: flags, method: method) }
        let data = try data(ofHeaderAt: start, count: packed, flags: flags, method: method, before: place.lowerBound)
        let entry = Entry(
            name: Self.text(nameOctets, isUTF8: flags & 0x0800 != 0).forPeople(),
            isFolder: isFolder,
            isDeflated: method == 8,
            checksum: UInt32(truncatingIfNeeded: checksum),
            size: size,
            extent: start..<data.upperBound,
            data: data
        )
        return (entry, nameStart + name + extra + comment)
    }

    /// Encryption (bits 0, 6 and 13 of the flags), patches (bit 5) and other methods are not read (4.4.4, 4.4.5).
    private static func check(flags: Int, method: Int) throws(CompressionFailure) {
        guard flags & 0x2041 == 0 else { throw .unsupported(reason: "an encrypted zip archive") }
        guard flags & 0x0020 == 0 else { throw .unsupported(reason: "a zip archive of patches") }
        guard method == 0 || method == 8 else { throw .unsupported(reason: "method \(method) of zip archives") }
    }

    /// Where a file's data is, by its local header (4.3.7). The sizes there may be absent (4.4.4, bit 3) and are not
    /// needed.
    private func data(
        ofHeaderAt start: Int,
        count: Int,
        flags: Int,
        method: Int,
        before end: Int
    ) throws(CompressionFailure) -> Range<Int> {
        let length = 30
        guard start <= end, end - start >= length, number(4, at: start) == 0x0403_4B50,
            let name = number(2, at: start + 26), let extra = number(2, at: start + 28)
        else { throw .damaged(reason: "a file is not where it should be") }
        guard number(2, at: start + 8) == method, number(2, at: start + 6).map({ $0 & 1 }) == flags & 1 else {
            throw .damaged(reason: "a file is packed in another way than the directory says")
        }
        let dataStart = start + length + name + extra
        guard dataStart <= end, count <= end - dataStart else { throw .damaged(reason: "a file is cut short") }
        return dataStart..<dataStart + count
    }

    /// A little-endian number of up to 4 octets; nil if it is not all there.
    private func number(_ width: Int, at offset: Int) -> Int? {
        guard offset >= 0, width <= octets.count, offset <= octets.count - width else { return nil }
        var value: UInt32 = 0
        for index in (offset..<offset + width).reversed() { value = value << 8 | UInt32(octets[index]) }
        return Int(exactly: value)
    }

    /// A name in UTF-8, said so or by its looks, or in code page 437 (appendix D).
    private static func text(_ octets: ArraySlice<UInt8>, isUTF8: Bool) -> String {
        if isUTF8 { return String(decoding: octets, as: UTF8.self) }
        if let text = String(validating: octets, as: UTF8.self) { return text }
        return String(
            String.UnicodeScalarView(octets.map { $0 < 0x80 ? Unicode.Scalar($0) : upperHalf[Int($0) - 0x80] })
        )
    }

    /// Octets 128 to 255 of code page 437.
    private static let upperHalf = Array(
        ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
            + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars
    )
}
#endif
