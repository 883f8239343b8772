// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import RequirementTrait
import Testing

/// The order of system calls on which a power failure leaves the old entry or the new one.
@Suite struct SystemCallTests {
    struct Call {
        let process: String
        let text: String

        /// The number after `= ` at the end.
        var result: Int? { text.split(separator: "=").last.flatMap { Int($0.split(separator: " ").first ?? "") } }
    }

    /// The calls in a trace, in order of their ends; a call that another thread interrupts is put together again.
    private func calls(in trace: String) -> [Call] {
        var begun: [String: String] = [:]
        var calls: [Call] = []
        for line in trace.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let process = String(parts[0])
            var text = parts[1].trimmingCharacters(in: .whitespaces)
            if let range = text.range(of: " <unfinished ...>") {
                begun[process] = String(text[..<range.lowerBound])
                continue
            }
            if text.hasPrefix("<... "), let range = text.range(of: "resumed>") {
                text = (begun.removeValue(forKey: process) ?? "") + text[range.upperBound...]
            }
            calls.append(Call(process: process, text: text))
        }
        return calls
    }

    @Test(.proves("R-CACHE-14"), arguments: ["in a new folder", "over an old entry"]) func putReachesTheDisk(
        _ state: String
    ) throws {
        let scratch = try Scratch()
        if state == "over an old entry" {
            // A damaged one: it is replaced without its revision.
            #expect(try StoreProcess(["once", scratch.store, "example.com"]).finish() == ["put true"])
            try Data("x".utf8).write(to: URL(filePath: scratch.store + "/92/example.com.p"))
        }
        let file = scratch.path + "/trace"
        let names = "trace=write,fsync,rename,renameat,renameat2,openat"
        let writer = try StoreProcess(
            ["once", scratch.store, "example.com"],
            under: ["strace", "-f", "-s", "40", "-o", file, "-e", names]
        )
        #expect(writer.finish().last == "put true")
        let calls = calls(in: try String(contentsOf: URL(filePath: file), encoding: .utf8))
        let made = try #require(
            calls.lastIndex { $0.text.contains("\".tmp-") && $0.text.contains("O_CREAT") && $0.text.contains("openat") }
        )
        let temporary = try #require(calls[made].text.firstMatch(of: /\.tmp-[0-9a-f]{16}/)?.output)
        let folder = try #require(calls[made].text.firstMatch(of: /openat\((\d+),/)?.output.1)
        let number = try #require(calls[made].result)
        let after = calls[made...]
        let written = try #require(after.firstIndex { $0.text.hasPrefix("write(\(number), \"mta-sts-policy 1") })
        let flushed = try #require(calls[written...].firstIndex { $0.text.hasPrefix("fsync(\(number))") })
        let renamed = try #require(
            calls[flushed...].firstIndex {
                $0.text.hasPrefix("renameat") && $0.text.contains("\"\(temporary)\"")
                    && $0.text.contains("\"example.com.p\"")
            }
        )
        let folderFlushed = try #require(calls[renamed...].firstIndex { $0.text.hasPrefix("fsync(\(folder))") })
        let said = try #require(calls[folderFlushed...].firstIndex { $0.text.hasPrefix("write(1, \"put true") })
        for index in [made, written, flushed, renamed, folderFlushed, said] {
            #expect((calls[index].result ?? -1) >= 0)
            print(calls[index].text)
        }
        let isUntouched = calls[flushed..<renamed].allSatisfy { !$0.text.hasPrefix("write(\(number),") }
        #expect(isUntouched, "written again after the flush")
    }
}
