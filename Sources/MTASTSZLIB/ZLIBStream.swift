// SPDX-License-Identifier: Apache-2.0

#if ZLIB
internal import CSystemZLIB
internal import TLSRPT

/// One stream of zlib, in steps from a part of the input into a part of the output.
///
/// Safe to use: the state is allocated here, zlib has initialised it before the struct exists, and it is ended and
/// freed once, by `deinit`, since the struct cannot be copied. zlib keeps a pointer back to the state, which never
/// moves; the pointers to input and output are taken away again before a step returns.
@safe struct ZLIBStream: ~Copyable {
    enum Work {
        /// gzip members (RFC 1952); zlib checks header, CRC-32 and length.
        case gunzip
        /// Deflate without any wrapper (RFC 1951).
        case inflate
        /// The same, the other way.
        case deflate
    }

    enum State: Equatable {
        /// More input or more room is wanted.
        case running
        /// The end of the stream, or of a gzip member.
        case ended
        /// zlib's words for what is wrong.
        case failed(CompressionFailure)
    }

    struct Step {
        let consumed: Int
        let produced: Int
        let state: State
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let work: Work

    init(_ work: Work) throws(CompressionFailure) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // All zero: zlib takes its memory by its own functions, and there is no input or output yet.
        unsafe stream.initialize(to: z_stream())
        // The macros inflateInit2 and deflateInit2 are these calls. 15 is the largest window, 16 more asks for gzip,
        // less than zero for no wrapper; 8 is the default use of memory.
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let code =
            switch work {
            case .gunzip: unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size)
            case .inflate: unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size)
            case .deflate:
                unsafe deflateInit2_(
                    stream,
                    Z_DEFAULT_COMPRESSION,
                    Z_DEFLATED,
                    -15,
                    8,
                    Z_DEFAULT_STRATEGY,
                    ZLIB_VERSION,
                    size
                )
            }
        guard code == Z_OK else {
            // What could not be initialised must not be ended, only freed.
            unsafe stream.deallocate()
            throw Self.failure(code, words: nil)
        }
        unsafe self.stream = stream
        self.work = work
    }

    deinit {
        switch work {
        case .gunzip, .inflate: _ = unsafe inflateEnd(stream)
        case .deflate: _ = unsafe deflateEnd(stream)
        }
        unsafe stream.deallocate()
    }

    /// Goes on with the input, which is whole: a stream of `deflate` is finished when all of it has been taken.
    mutating func step(_ input: Span<UInt8>, into output: inout [UInt8]) -> Step {
        // zlib counts in 32 bits; the rest is for the next step.
        let part = input.extracting(first: min(input.count, 1 << 30))
        let room = min(output.count, 1 << 30)
        let flush = work == .deflate && part.count == input.count ? Z_FINISH : Z_NO_FLUSH
        // zlib reads at most avail_in octets from next_in and writes at most avail_out to next_out: no more than are
        // there, and both live until the call is over. It never writes to its input.
        let code = unsafe part.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(part.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(room)
                return unsafe work == .deflate ? CSystemZLIB.deflate(stream, flush) : CSystemZLIB.inflate(stream, flush)
            }
        }
        let consumed = unsafe part.count - Int(stream.pointee.avail_in)
        let produced = unsafe room - Int(stream.pointee.avail_out)
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.avail_in = 0
        unsafe stream.pointee.next_out = nil
        unsafe stream.pointee.avail_out = 0
        return Step(consumed: consumed, produced: produced, state: state(code))
    }

    /// Makes ready for the next gzip member, with the memory there is.
    mutating func startNextMember() throws(CompressionFailure) {
        let code = unsafe inflateReset(stream)
        guard code == Z_OK else { throw Self.failure(code, words: nil) }
    }

    private func state(_ code: Int32) -> State {
        switch code {
        // Z_BUF_ERROR: no step was possible, which is told by two zeros.
        case Z_OK, Z_BUF_ERROR: .running
        case Z_STREAM_END: .ended
        // zlib's messages are string literals.
        default: unsafe .failed(Self.failure(code, words: stream.pointee.msg.map { unsafe String(cString: $0) }))
        }
    }

    private static func failure(_ code: Int32, words: String?) -> CompressionFailure {
        switch code {
        case Z_MEM_ERROR: .unsupported(reason: "zlib got no memory")
        case Z_VERSION_ERROR: .unsupported(reason: "the linked zlib does not fit \(ZLIB_VERSION)")
        default: .damaged(reason: words ?? "zlib's code \(code)")
        }
    }
}

/// CRC-32 as gzip and zip use it (RFC 1952 section 8).
struct Checksum {
    private var current: UInt = 0

    /// The checksum of what was added.
    var value: UInt32 { UInt32(truncatingIfNeeded: current) }

    mutating func add(_ octets: Span<UInt8>) {
        var rest = octets
        while !rest.isEmpty {
            let part = rest.extracting(first: min(rest.count, 1 << 30))
            // zlib reads exactly the part's octets.
            current = unsafe part.withUnsafeBufferPointer {
                unsafe CSystemZLIB.crc32(current, $0.baseAddress, UInt32($0.count))
            }
            rest = rest.extracting(droppingFirst: part.count)
        }
    }
}
#endif
