// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension STSPolicy {
    /// A policy to be published. What it prints is valid for the strict reader.
    ///
    /// - Parameters:
    ///   - mode: What senders shall do when a check fails.
    ///   - maxAge: How long senders may keep the policy, in seconds.
    ///   - mx: The patterns of the domain's MX hosts; exact repeats are dropped.
    ///   - extensions: Further fields; of fields with one name only the first is kept.
    /// - Throws: ``WriteError`` if the strict reader would refuse the policy.
    public init(mode: Mode, maxAge: Int, mx: [MXPattern], extensions: [Extension] = []) throws(WriteError) {
        guard (0...Self.maximumMaxAge).contains(maxAge) else { throw .maxAge(maxAge) }
        guard mode == .none || !mx.isEmpty else { throw .missingMX }
        for pattern in mx where pattern.description.utf8.contains(0x5F) { throw .underscore(pattern) }
        let text = Self.text(mode: mode, maxAge: maxAge, mx: mx, extensions: extensions, lineEnding: .crlf)
        do throws(ParseError) {
            try self.init(strictlyParsing: text)
        } catch {
            throw .tooLarge(octets: text.utf8.count)  // all else was checked above or by the types
        }
    }

    /// Why a policy cannot be written.
    public enum WriteError: Error, Hashable, Sendable, CustomStringConvertible {
        /// max_age is below 0 or above ``STSPolicy/maximumMaxAge``.
        case maxAge(Int)
        /// There is no pattern although the mode is not `none`.
        case missingMX
        /// A pattern has an underscore, which only lenient readers take.
        case underscore(MXPattern)
        /// The text would be longer than senders read.
        case tooLarge(octets: Int)

        /// A sentence for people.
        public var description: String {
            switch self {
            case .maxAge(let seconds): "max_age \(seconds) is not within 0 to \(maximumMaxAge) seconds"
            case .missingMX: "a policy whose mode is not none needs at least one mx pattern"
            case .underscore(let pattern): "the mx pattern \(pattern) has an underscore: some senders would refuse it"
            case .tooLarge(let octets): "the policy has \(octets) octets, more than the \(maximumOctets) senders read"
            }
        }
    }

    /// How lines end. Both forms are in the grammar and may be mixed (RFC 8461 section 3.2, erratum 6253).
    public enum LineEnding: String, Sendable {
        /// CR LF, the form of the RFC's own example.
        case crlf = "\r\n"
        /// LF alone.
        case lf = "\n"
    }

    /// The policy as a policy file in a fixed form, each line ended.
    public func text(lineEnding: LineEnding) -> String {
        Self.text(mode: mode, maxAge: maxAge, mx: Array(mx), extensions: extensions, lineEnding: lineEnding)
    }

    private static func text(
        mode: Mode,
        maxAge: Int,
        mx: [MXPattern],
        extensions: [Extension],
        lineEnding: LineEnding
    ) -> String {
        let end = lineEnding.rawValue
        var text = "version: STSv1\(end)mode: \(mode.rawValue)\(end)"
        for pattern in mx { text += "mx: \(pattern)\(end)" }
        text += "max_age: \(maxAge)\(end)"
        for field in extensions { text += "\(field.name): \(field.value)\(end)" }
        return text
    }
}

extension STSPolicy: CustomStringConvertible {
    /// The policy as a policy file in a fixed form, with CR LF line ends.
    ///
    /// A policy made by its memberwise initializer prints what strict readers take. One that was read leniently prints
    /// what it means, with any underscores of its `mx` values.
    public var description: String { text(lineEnding: .crlf) }
}
