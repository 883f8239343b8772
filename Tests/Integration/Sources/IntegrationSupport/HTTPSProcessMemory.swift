// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The resident memory of this process, from Linux's /proc.
public enum HTTPSProcessMemory {
    /// The memory that is resident now, in octets.
    public static func resident() throws -> Int { try field("VmRSS:") }

    /// The most memory that was resident since the process began or ``resetPeak()``, in octets.
    public static func peak() throws -> Int { try field("VmHWM:") }

    /// Begins a new measurement of the peak (proc(5), clear_refs).
    public static func resetPeak() throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "/proc/self/clear_refs"))
        defer { try? file.close() }
        try file.write(contentsOf: Data("5".utf8))
    }

    /// Gives what the allocator keeps free back to the system, so that growth is not hidden in it.
    public static func trim() {
        // Glibc's module does not have it: int malloc_trim(size_t).
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
    }

    private static func field(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count >= 2, let kibibytes = Int(words[1]) { return kibibytes * 1_024 }
        }
        throw HTTPSWorld.Unavailable(description: "/proc/self/status has no \(name)")
    }
}
