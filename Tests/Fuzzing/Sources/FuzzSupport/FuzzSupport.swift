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
