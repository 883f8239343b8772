// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import TLSRPT

/// The lines of one segment, one after the other, with no more of them in memory than one.
final class SegmentReader {
    typealias Failure = OpenFile.Failure

    /// Lines that could not be read.
    struct Damage {
        static let maximumOctets = 1 << 20

        var count = 0
        var reason = ""
        /// A copy of them, as far as it fits.
        var lines: [UInt8] = []

        mutating func add(_ line: ArraySlice<UInt8>, reason: String) {
            if count == 0 { self.reason = reason }
            count += 1
            lines += line.prefix(max(0, Self.maximumOctets - lines.count))
            if lines.count < Self.maximumOctets { lines.append(0x0A) }
        }
    }

    private static let step = 65_536

    let name: String
    private let day: ReportDay
    private let limits: SessionLimits
    private let file: OpenFile
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var lastDomain: DomainName?

    /// The segments whose sessions are in this one.
    private(set) var replaced: Set<String> = []
    /// The sessions of the next domain; nil at the end.
    private(set) var current: (domain: DomainName, tally: SessionTally)?
    /// The sessions without their domain, as far as they were read.
    private(set) var overflow: SessionTally
    private(set) var damage = Damage()

    init(_ name: String, of day: ReportDay, in folder: OpenFile, limits: SessionLimits) throws(Failure) {
        self.name = name
        self.day = day
        self.limits = limits
        file = try folder.open(name, for: .reading)
        overflow = SessionTally(limits: limits)
        try advance()
    }

    func close() { file.close() }

    /// Goes on to the next domain.
    func advance() throws(Failure) {
        current = nil
        while let line = try nextLine() {
            do throws(TallyLine.Fault) {
                try take(TallyLine.read(line, limits: limits), of: line)
            } catch {
                damage.add(line, reason: error.description)
            }
            if current != nil { return }
        }
    }

    private func take(_ content: TallyLine.Content, of line: ArraySlice<UInt8>) {
        switch content {
        case .replaced(let name):
            replaced.insert(name)
        case .overflow(let day, _) where day == self.day:
            overflow.add(content)
        case .sessions(let day, let domain, let tally) where day == self.day && lastDomain.map { $0 <= domain } ?? true:
            lastDomain = domain
            current = (domain, tally)
        case .overflow, .sessions:
            damage.add(line, reason: "the line is of another day, or out of order")
        }
    }

    /// The next line without its end; nil at the end of the file. What has no end is damage.
    private func nextLine() throws(Failure) -> ArraySlice<UInt8>? {
        var scanned = position
        var isTooLong = false
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                let line = buffer[position..<end]
                position = end + 1
                if !isTooLong { return line }
                isTooLong = false
                scanned = position
                continue
            }
            if buffer.count - position > TallyLine.maximumOctets {
                if !isTooLong { damage.add(buffer[position...].prefix(4_096), reason: "\(TallyLine.Fault.tooLong)") }
                isTooLong = true
                position = buffer.count
            }
            buffer.removeSubrange(..<position)
            position = 0
            scanned = buffer.count
            let part = isAtEnd ? [] : try file.readPart(Self.step)
            if part.isEmpty {
                isAtEnd = true
                if !buffer.isEmpty, !isTooLong { damage.add(buffer[...], reason: "the line has no end") }
                buffer = []
                return nil
            }
            buffer += part
        }
    }
}
