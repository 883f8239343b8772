// SPDX-License-Identifier: Apache-2.0

#if ZLIB
internal import TLSRPT

/// Where expanded octets go. They are always counted against the limit and kept only on demand.
///
/// Everything is expanded twice: first to measure and to check it, which takes no memory however much comes out, then
/// to keep it in an array of just that size. So a bomb costs time up to the limit, and never memory.
struct Expansion {
    private let limit: Int
    private let keeps: Bool
    private(set) var count = 0
    private(set) var checksum = Checksum()
    private(set) var octets: [UInt8] = []

    /// Measures; more octets than the limit are refused.
    init(limit: Int) {
        self.limit = limit
        keeps = false
    }

    /// Keeps what was measured.
    init(keeping measured: Expansion) {
        limit = measured.count
        keeps = true
        octets.reserveCapacity(limit)
    }

    mutating func append(_ part: ArraySlice<UInt8>, _ failure: CompressionFailure) throws(CompressionFailure) {
        guard part.count <= limit - count else { throw failure }
        count += part.count
        if keeps {
            octets.append(contentsOf: part)
        } else {
            checksum.add(part.span)
        }
    }
}

/// A stream that is expanded through one small buffer.
struct Expander: ~Copyable {
    static let bufferOctets = 65_536

    private var stream: ZLIBStream
    private var buffer = [UInt8](repeating: 0, count: bufferOctets)
    private let tooLarge: CompressionFailure

    /// - Parameter limit: The limit to be named when it is passed.
    init(_ work: ZLIBStream.Work, limit: Int) throws(CompressionFailure) {
        stream = try ZLIBStream(work)
        tooLarge = .tooLarge(limit: limit)
    }

    /// Expands one stream or member, which must end within the input, and tells where it ended.
    mutating func expand(_ input: Span<UInt8>, into expansion: inout Expansion) throws(CompressionFailure) -> Int {
        var position = 0
        while true {
            let step = stream.step(input.extracting(droppingFirst: position), into: &buffer)
            position += step.consumed
            try expansion.append(buffer[..<step.produced], tooLarge)
            switch step.state {
            case .ended: return position
            case .failed(let failure): throw failure
            case .running where step.consumed == 0 && step.produced == 0: throw .damaged(reason: "it is cut short")
            case .running: break
            }
        }
    }

    mutating func startNextMember() throws(CompressionFailure) { try stream.startNextMember() }
}
#endif
