// SPDX-License-Identifier: Apache-2.0

import VectorSupport

/// A slow reader of the policy's grammar, written from RFC 8461 section 3.2 alone: it splits where the parser scans.
///
/// Leniently it skips lines of blanks, takes one final dot and underscores in `mx`, and lowers max_age.
struct ReferencePolicy: Equatable {
    var mode: String
    var maxAge: Int
    var mx: [String]
    var extensions: [Field]

    init(mode: String, maxAge: Int, mx: [String], extensions: [Field]) {
        self.mode = mode
        self.maxAge = maxAge
        self.mx = mx
        self.extensions = extensions
    }

    init?(_ octets: [UInt8], isStrict: Bool) {
        guard !octets.isEmpty, octets.count <= 65_536, let lines = Self.lines(octets, isStrict: isStrict) else {
            return nil
        }
        let fields = lines.compactMap(Self.field)
        guard fields.count == lines.count else { return nil }
        var known: [String: String] = [:]
        (mx, extensions) = ([], [])
        for (name, octets) in fields {
            if name == "mx" {
                guard let pattern = Self.pattern(octets, isStrict: isStrict) else { return nil }
                if !mx.contains(pattern) { mx.append(pattern) }
                continue
            }
            let isFirst = known[name] == nil && !extensions.contains { $0.name == name }
            if isFirst, ["version", "mode", "max_age"].contains(name) {
                known[name] = String(decoding: octets, as: UTF8.self)
                continue
            }
            guard let value = Self.extensionValue(octets) else { return nil }
            if isFirst { extensions.append(Field(name, value)) }
        }
        guard known["version"] == "STSv1", let mode = known["mode"], ["testing", "enforce", "none"].contains(mode),
            let digits = known["max_age"], (1...10).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(digits),
            mode == "none" || !mx.isEmpty, !isStrict || seconds <= 31_557_600
        else { return nil }
        self.mode = mode
        maxAge = min(seconds, 31_557_600)
    }

    private static func lines(_ octets: [UInt8], isStrict: Bool) -> [ArraySlice<UInt8>]? {
        var lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
        var isEnded = [Bool](repeating: true, count: lines.count)
        isEnded[lines.count - 1] = false
        if lines.last?.isEmpty == true { lines.removeLast() }
        for index in lines.indices {
            if isEnded[index], lines[index].last == 0x0D { lines[index].removeLast() }
            while lines[index].last == 0x20 || lines[index].last == 0x09 { lines[index].removeLast() }
        }
        if isStrict, lines.contains(where: \.isEmpty) { return nil }
        return lines.filter { !$0.isEmpty }
    }

    // One Boolean for each octet: sets would make the comparison slow.
    private static let alphanumerics = table("")
    private static let nameTail = table("_-.")
    private static let strictLabel = table("-")
    private static let lenientLabel = table("-_")

    private static func table(_ more: String) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for octet in ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + more).utf8 {
            table[Int(octet)] = true
        }
        return table
    }

    private static func all(_ octets: ArraySlice<UInt8>, _ table: [Bool]) -> Bool {
        for octet in octets where !table[Int(octet)] { return false }
        return true
    }

    private static func field(_ line: ArraySlice<UInt8>) -> (name: String, value: ArraySlice<UInt8>)? {
        guard let colon = line.firstIndex(of: 0x3A) else { return nil }
        let name = line[..<colon]
        guard (1...32).contains(name.count), all(name.prefix(1), alphanumerics), all(name, nameTail)
        else { return nil }
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        return (String(decoding: name, as: UTF8.self), value)
    }

    private static func extensionValue(_ octets: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: octets, as: UTF8.self), !text.isEmpty,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return text
    }

    private static func pattern(_ octets: ArraySlice<UInt8>, isStrict: Bool) -> String? {
        var octets = octets
        if !isStrict, octets.last == 0x2E { octets.removeLast() }
        var name = octets
        if name.starts(with: "*.".utf8) { name = name.dropFirst(2) }
        let inside = isStrict ? strictLabel : lenientLabel
        guard name.count <= 253 else { return nil }
        for label in name.split(separator: 0x2E, omittingEmptySubsequences: false) {
            guard (1...63).contains(label.count), all(label, inside), label.first != 0x2D,
                label.last != 0x2D
            else { return nil }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
