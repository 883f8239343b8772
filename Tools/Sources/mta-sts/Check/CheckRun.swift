// SPDX-License-Identifier: Apache-2.0

/// Checks many domains, a bounded number at once, and gives the reports in the order of the domains.
struct CheckRun: Sendable {
    let check: DomainCheck
    let parallel: Int

    /// Checks the domains.
    ///
    /// - Parameters:
    ///   - report: Called with each report, in the order of the domains, as soon as those before it are there.
    ///   - progress: Called with the number of domains done after each.
    /// - Returns: The exit code: the greatest of the reports' codes.
    func run(
        _ domains: [String],
        report: (DomainReport) -> Void,
        progress: (Int) -> Void = { _ in }
    ) async -> Int32 {
        await withTaskGroup(of: (Int, DomainReport).self) { group in
            var next = 0
            var done = 0
            var shown = 0
            var exitCode: Int32 = 0
            var waiting: [Int: DomainReport] = [:]
            func start() {
                guard next < domains.count else { return }
                let number = next
                next += 1
                group.addTask { (number, await check.report(on: domains[number])) }
            }
            for _ in 0..<max(1, parallel) { start() }
            while let (number, finished) = await group.next() {
                start()
                done += 1
                progress(done)
                exitCode = max(exitCode, finished.exitCode)
                waiting[number] = finished
                while let present = waiting.removeValue(forKey: shown) {
                    report(present)
                    shown += 1
                }
            }
            return exitCode
        }
    }
}
