// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where a command's text goes.
enum Terminal {
    /// A stream of the process.
    enum Stream: Int32 {
        case input = 0
        case output = 1
        case error = 2

        /// Whether a person sits at the other end.
        var isTerminal: Bool { isatty(rawValue) == 1 }
    }

    /// Makes a write to a closed pipe an error instead of the end of the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Writes a text; it gives up silently if nobody reads, as in `mta-sts demo | head -1`.
    static func write(_ text: String, to stream: Stream) {
        let octets = Array(text.utf8)
        var start = 0
        while start < octets.count {
            let written = octets[start...].withUnsafeBytes { writeSome(stream.rawValue, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EAGAIN {
                var place = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
                _ = poll(&place, 1, 1_000)
                continue
            }
            guard written > 0 else { return }
            start += written
        }
    }

    private static func writeSome(_ descriptor: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Darwin)
        Darwin.write(descriptor, base, count)
        #elseif canImport(Glibc)
        Glibc.write(descriptor, base, count)
        #elseif canImport(Musl)
        Musl.write(descriptor, base, count)
        #endif
    }

    /// Whether colours may be used on a stream: it is a terminal that knows them, and `NO_COLOR` is not set
    /// (https://no-color.org).
    static func allowsColor(_ stream: Stream) -> Bool {
        guard stream.isTerminal else { return false }
        if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
        guard let terminal = getenv("TERM") else { return false }
        return String(cString: terminal) != "dumb"
    }
}

/// What a command prints and how it ends: commands are functions that give this, so that tests need no process.
struct CommandOutput: Equatable, Sendable {
    /// The text for standard output.
    var output = ""

    /// The text for standard error.
    var errors = ""

    /// The exit code: 0 all is well, 1 something was found, 2 it could not be found out.
    var exitCode: Int32 = 0

    /// A command that could not do what it was asked for.
    static func failure(_ message: String, exitCode: Int32 = 2) -> CommandOutput {
        CommandOutput(errors: "error: \(message)\n", exitCode: exitCode)
    }
}
