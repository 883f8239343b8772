// SPDX-License-Identifier: Apache-2.0

@_exported public import MXPattern
public import STSCore

/// A policy: the content of a domain's policy file (RFC 8461 section 3.2).
///
/// Copies of the value share all they hold: the served text, octet by octet, and the patterns and extensions as ranges
/// into it. Two policies are equal if they mean the same: mode, max_age, `mx` in order, extensions in order.
public struct STSPolicy: Sendable {
    /// The most octets of a policy file that a sender reads (RFC 8461 section 3.3 suggests 64 KiB).
    public static let maximumOctets = 65_536

    /// The greatest max_age, in seconds: about one year (section 3.2).
    public static let maximumMaxAge = 31_557_600

    /// What a sender does when a policy check fails (section 5).
    public enum Mode: String, Sendable, CaseIterable {
        /// Do not deliver to a host that fails.
        case enforce
        /// Deliver all the same, and report.
        case testing
        /// As if there were no policy; announces that a policy ends (section 8.3).
        case none
    }

    private let contents: Contents

    init(text: [UInt8], contents: consuming PolicyReader) {
        self.contents = Contents(text: text, contents)
    }

    /// The octets of the policy file as served, for the "policy-string" of a report (RFC 8460 section 4.4).
    public var text: [UInt8] { contents.text }

    /// What a sender does when a check fails.
    public var mode: Mode { contents.mode }

    /// How long the policy may be kept, in seconds from its fetch: 0 to ``maximumMaxAge`` (section 3.2).
    public var maxAge: Int { Int(contents.maxAge) }

    var table: [UInt32] { contents.table }
    var patternCount: Int { Int(contents.patternCount) }

    /// The patterns of the policy's MX hosts, in order, without exact repeats.
    public var mx: Patterns { Patterns(policy: self) }

    /// The fields that RFC 8461 does not define, in order; of fields with one name only the first (section 3.2).
    public var extensions: [Extension] {
        let (text, table) = (contents.text, contents.table)
        return stride(from: patternCount, to: table.count, by: 3).map { index in
            let name = PackedRange(table[index])
            return Extension(
                checkedName: text.span.text(from: name.start, to: name.end),
                value: text.span.text(from: Int(table[index + 1]), to: Int(table[index + 2]))
            )
        }
    }

    /// Whether some pattern matches the name of an MX host (section 4.1).
    ///
    /// - Parameter host: The exchange name of the MX record, or the policy domain if there is no MX record.
    public func matches(_ host: DomainName) -> Bool {
        contents.matches(host)
    }

    /// Whether two policies were read from the same octets.
    public func hasSameText(as other: STSPolicy) -> Bool { contents === other.contents || text == other.text }
}

/// What a policy is made of, in one object: a copy of a policy, of which there is one for each delivery, costs one
/// reference count.
private final class Contents: Sendable {
    let text: [UInt8]
    // Packed ranges into `text`: one word per pattern, then three per extension.
    let table: [UInt32]
    let patternCount: UInt32
    let maxAge: UInt32
    let mode: STSPolicy.Mode

    init(text: [UInt8], _ contents: consuming PolicyReader) {
        self.text = text
        mode = contents.mode ?? .none
        maxAge = contents.maxAge ?? 0
        patternCount = UInt32(contents.patterns.count)
        let extensions = contents.extensions.words
        table = extensions.isEmpty ? contents.patterns.words : contents.patterns.words + extensions
    }

    @inline(__always)
    func matches(_ host: DomainName) -> Bool {
        let (text, table) = (text, table)
        let octets = text.span
        let ranges = table.span.extracting(first: Int(patternCount))
        let name = host.description.utf8.span
        // A wildcard stands for all before the host's first dot (section 4.1). Nearly all patterns that do not match
        // have another length than one that does; one of the shape of an IP address is inert, and its flag differs.
        let firstDot = name.index(of: 0x2E, from: 0, to: name.count)
        let whole = PackedRange(start: 0, end: name.count).shape
        let wildcard = PackedRange(start: firstDot, end: name.count &+ 1, isWildcard: true).shape
        for index in 0..<ranges.count {
            let range = PackedRange(ranges[index])
            if range.shape == whole {
                if MXPattern.equals(octets, from: range.start, to: range.end, name, from: 0) { return true }
            } else if range.shape == wildcard {
                if MXPattern.equals(octets, from: range.start &+ 1, to: range.end, name, from: firstDot) { return true }
            }
        }
        return false
    }
}

extension STSPolicy {
    /// The patterns of a policy, made when asked for.
    public struct Patterns: RandomAccessCollection, Sendable {
        let policy: STSPolicy

        /// The position of the first pattern: 0.
        public var startIndex: Int { 0 }

        /// The number of patterns.
        public var endIndex: Int { policy.patternCount }

        /// The pattern at a position.
        public subscript(position: Int) -> MXPattern {
            precondition(indices.contains(position), "position out of range")
            let range = PackedRange(policy.table[position])
            return MXPattern(policy.text.span.text(from: range.start, to: range.end), isInert: range.isInert)
        }
    }

    /// A field that RFC 8461 does not define (section 3.2, "sts-policy-extension").
    public struct Extension: Hashable, Sendable {
        /// 1 to 32 octets: a letter or digit, then letters, digits, `_`, `-` and `.`.
        public let name: String

        /// Visible ASCII and other UTF-8 text, spaces inside, no blank at either end.
        public let value: String

        /// A field, or nil if name or value are outside the grammar or the name is that of a field of RFC 8461.
        public init?(name: String, value: String) {
            let octets = name.utf8.span
            guard (1...32).contains(octets.count), octets[0].isASCIIAlphanumeric,
                name.utf8.allSatisfy(\.isExtensionNameTail), !["version", "mode", "max_age", "mx"].contains(name)
            else { return nil }
            let valueOctets = value.utf8.span
            guard PolicyReader.firstFault(inExtensionValue: valueOctets, from: 0, to: valueOctets.count) == nil else {
                return nil
            }
            self.init(checkedName: name, value: value)
        }

        init(checkedName name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

extension STSPolicy: Hashable {
    /// Whether two policies mean the same; line ends, blanks, field order and repeats do not count.
    public static func == (lhs: STSPolicy, rhs: STSPolicy) -> Bool {
        guard lhs.mode == rhs.mode, lhs.maxAge == rhs.maxAge, lhs.patternCount == rhs.patternCount else { return false }
        return lhs.hasSameText(as: rhs)
            || (lhs.mx.elementsEqual(rhs.mx) { $0.description == $1.description } && lhs.extensions == rhs.extensions)
    }

    /// Feeds what equality compares to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(mode)
        hasher.combine(maxAge)
        for pattern in mx { hasher.combine(pattern.description) }
        hasher.combine(extensions)
    }
}
