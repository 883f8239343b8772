// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSZLIB

/// Files, folders, mailboxes and standard input with reports.
///
/// One file is held at a time, and of a mailbox one mail.
struct ReportSources {
    private let reader = ReportFileReader(compression: ZLIBCompression())
    private static let pieceOctets = 1 << 20

    /// Reads sources in order, folders with all that is in them by name.
    ///
    /// - Parameters:
    ///   - names: Paths; `-` is standard input.
    ///   - failure: Called with what cannot be read at all, and why.
    ///   - report: Called with each report and each damaged file.
    func read(_ names: [String], failure: (String, String) -> Void, report: (ReportFile) -> Void) {
        for name in names {
            guard name != "-" else {
                read(.standardInput, name: "<stdin>", failure: failure, report: report)
                continue
            }
            for path in Self.files(at: name) {
                guard let handle = FileHandle(forReadingAtPath: path) else {
                    failure(path, "it cannot be opened")
                    continue
                }
                read(handle, name: path, failure: failure, report: report)
                try? handle.close()
            }
        }
    }

    /// The file, or the files in a folder and its folders, in the order of their paths; hidden ones are left out.
    static func files(at path: String) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let entries = FileManager.default.enumerator(
            at: URL(filePath: path, directoryHint: .isDirectory),
            includingPropertiesForKeys: [.isRegularFileKey],
            options: [.skipsHiddenFiles]
        )
        let files = entries?.compactMap { $0 as? URL }.filter {
            (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
        }
        return (files ?? []).map(\.path).sorted()
    }

    private func read(
        _ handle: FileHandle,
        name: String,
        failure: (String, String) -> Void,
        report: (ReportFile) -> Void
    ) {
        let limit = ReportFileLimits.default.inputOctets
        var octets: [UInt8] = []
        do {
            while octets.count <= limit, let piece = try Self.piece(of: handle) {
                octets += piece
                if MailboxSplitter.beginsAsMailbox(octets) {
                    return try readMailbox(handle, head: octets, name: name, failure: failure, report: report)
                }
            }
        } catch {
            return failure(name, "it cannot be read")
        }
        reader.read(octets, name: name).forEach(report)
    }

    /// The next piece of a file, nil at its end.
    private static func piece(of handle: FileHandle) throws -> Data? {
        let piece = try handle.read(upToCount: pieceOctets)
        return piece.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func readMailbox(
        _ handle: FileHandle,
        head: [UInt8],
        name: String,
        failure: (String, String) -> Void,
        report: (ReportFile) -> Void
    ) throws {
        var splitter = MailboxSplitter()
        var number = 0
        func take(_ message: MailboxSplitter.Message) {
            number += 1
            let origin = "\(name) > mail \(number)"
            switch message {
            case .message(let octets): reader.read(octets, name: origin).forEach(report)
            case .tooLarge(let octets): failure(origin, "the mail is too large: \(octets) octets")
            }
        }
        splitter.add(head).forEach(take)
        while let piece = try Self.piece(of: handle) { splitter.add(Array(piece)).forEach(take) }
        if let last = splitter.end() { take(last) }
    }
}
