// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

extension CommandOutput {
    /// Prints the texts and ends the command with its exit code.
    func finish() throws {
        Terminal.write(output, to: .output)
        Terminal.write(errors, to: .error)
        guard exitCode == 0 else { throw ExitCode(exitCode) }
    }
}
