// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS

extension Publication {
    /// One file, by name and content.
    struct File: Equatable, Sendable {
        let name: String
        let text: String
    }

    /// All files, the policy file first.
    var files: [File] {
        [
            File(name: "mta-sts.txt", text: policy.description),
            File(name: "record.zone", text: zoneText),
            File(name: "nginx.conf", text: nginxText),
            File(name: "STEPS.txt", text: stepsText),
        ]
    }

    private var zoneText: String { "\(recordName). 3600 IN TXT \"\(record)\"\n" }

    private var nginxText: String {
        """
        server {
            listen 443 ssl;
            listen [::]:443 ssl;
            server_name \(policyHost);

            # A certificate for \(policyHost) from a public authority, with its intermediates.
            ssl_certificate     /etc/ssl/\(policyHost)/fullchain.pem;
            ssl_certificate_key /etc/ssl/\(policyHost)/key.pem;

            # The file mta-sts.txt. Senders want text/plain and follow no redirect.
            location = \(PolicyRequest.path) {
                alias /var/www/\(policyHost)/mta-sts.txt;
                default_type text/plain;
            }

            location / {
                return 404;
            }
        }

        """
    }

    private var stepsText: String {
        let name = "\(domain)"
        var steps = [
            "Give \(policyHost) an address (A, AAAA or CNAME) and a certificate.",
            "Serve the policy file at https://\(policyHost)\(PolicyRequest.path).",
            "Only then publish the TXT record; its id is made from the policy's content.",
            "Run: mta-sts check \(name)",
        ]
        switch policy.mode {
        case .testing:
            steps += [
                "Publish a TLSRPT record (RFC 8460) at _smtp._tls.\(name) and read the reports.",
                "When they are clean, generate again with --mode enforce and a max_age of some weeks.",
            ]
        case .enforce:
            steps += [
                "Keep every MX host at TLS 1.2 or later with a valid certificate for its own name.",
                "Before an MX host changes, add it here, change the record, and wait for the old max_age.",
            ]
        case .none:
            steps += [
                "Leave record and file there for as long as the old policy's max_age.",
                "Then remove the TXT record, and last the file (RFC 8461 section 8.3).",
            ]
        }
        steps.append("After any change of the policy: first the file, then the record with the new id.")
        return steps.enumerated().map { "\($0 + 1). \($1)\n" }.joined()
    }

    /// What the owner should think of, although senders take the policy: what `lint` finds in it, and a question.
    var remarks: [String] {
        var remarks = STSPolicy.diagnose(policy.text).findings.map { "\($0.severity.rawValue): \($0.message)" }
        if policy.mode == .enforce {
            remarks.append(
                "warning: Was the domain in mode testing before, with clean reports? Mode enforce can stop mail."
            )
        }
        return remarks
    }

    /// All files in one text, each after its name.
    var text: String { files.map { "--- \($0.name)\n\($0.text)" }.joined(separator: "\n") }

    /// Makes the publication and writes it into a folder, or as one text.
    static func output(_ answers: PublicationAnswers, folder: String?, replacing: Bool) -> CommandOutput {
        let publication: Publication
        do throws(Refusal) {
            publication = try Publication(answers)
        } catch {
            return .failure("\(error)", exitCode: 1)
        }
        var output = CommandOutput()
        output.errors = publication.remarks.map { $0 + "\n" }.joined()
        guard let folder else {
            output.output = publication.text
            return output
        }
        do throws(Refusal) {
            for path in try publication.write(into: folder, replacing: replacing) { output.output += "wrote \(path)\n" }
        } catch {
            return .failure("\(error)")
        }
        return output
    }

    /// Writes the files and gives their paths; none is written if one of them is there and must not be replaced.
    private func write(into folder: String, replacing: Bool) throws(Refusal) -> [String] {
        let base = URL(filePath: folder, directoryHint: .isDirectory)
        let places = files.map { (file: $0, place: base.appending(path: $0.name)) }
        if !replacing, let present = places.first(where: { FileManager.default.fileExists(atPath: $0.place.path) }) {
            throw Refusal(description: "\(present.place.path) is there already. Use --force to replace it.")
        }
        do {
            try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
            for (file, place) in places { try Data(file.text.utf8).write(to: place, options: .atomic) }
        } catch {
            throw Refusal(description: "cannot write into \(folder): \(error.localizedDescription)")
        }
        return places.map(\.place.path)
    }
}
