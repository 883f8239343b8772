// SPDX-License-Identifier: Apache-2.0

/// What libFuzzer calls with each input.
public typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: Callback
) -> CInt

/// Hands the process to libFuzzer. Call it from the program's entry, `@_cdecl("<target>_main")`.
public func fuzz(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ callback: Callback
) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, callback)
}

/// The input as an array.
public func octets(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Ends the process, which libFuzzer reports as a crash and keeps the input, unless the invariant holds.
@inline(never)
public func require(_ holds: Bool, _ invariant: StaticString) {
    guard holds else { fatalError("violated: \(invariant)") }
}

/// Whether the text holds a control character, C0, DEL or C1.
public func holdsControlCharacters(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    return !isPlain && !text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
}
