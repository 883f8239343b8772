// SPDX-License-Identifier: Apache-2.0

import MTASTS

// The tally for people.
extension ReportTally {
    /// The rows shown of each table unless all are asked for.
    static let shownRows = 20

    /// All tables.
    func text(style: Style = .plain, showsAll: Bool = false) -> String {
        let limit = showsAll ? Int.max : Self.shownRows
        let blocks = [
            headLines(style), domainLines(style, limit), hostLines(style, limit), typeLines(style, limit),
            senderLines(style, limit), remarkLines(style, limit),
            lines(
                "Left out, since no valid DKIM signature vouches for them (RFC 8460 section 3)",
                unsigned,
                style,
                limit
            ),
            lines("Not read", damaged, style, limit),
        ]
        return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private func headLines(_ style: Style) -> [String] {
        var lines = [style.bold("TLS reports")]
        func row(_ label: String, _ text: String) { lines.append("  \(label.padded(to: 11))\(text)") }
        let left = [
            (duplicates, "counted before"), (excluded, "left out by the filter"), (unsigned.count, "unsigned"),
            (damaged.count, "not read"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let more = left.isEmpty ? "" : " (\(left.joined(separator: ", ")))"
        row("reports", "\(counted(reports, "report")) of \(counted(senders.values.count, "sender"))\(more)")
        if unchecked > 0 {
            row("unchecked", "\(counted(unchecked, "report")) by mail: no DKIM signature was checked (--authserv-id)")
        }
        if otherMails > 0 { row("other", "\(counted(otherMails, "mail")) without a report") }
        if let firstMoment, let lastMoment {
            row("range", "\(DayText.of(firstMoment)) to \(DayText.of(lastMoment))")
        }
        row("domains", "\(domains.values.count)")
        let percent = counts.failedPercent.map { " (\($0) %)" } ?? ""
        row("sessions", "\(counts.ok) ok, \(counts.failed) failed\(percent)")
        return lines
    }

    private func domainLines(_ style: Style, _ limit: Int) -> [String] {
        var table = TextTable("Policy domains", "reports", "ok", "failed", "failed %")
        let rows = domains.values.sorted { ($0.value.counts.all, $1.key) > ($1.value.counts.all, $0.key) }
        for (domain, value) in rows.prefix(limit) {
            table.add(
                domain.isEmpty ? "(not named)" : domain,
                "\(value.reports)",
                "\(value.counts.ok)",
                "\(value.counts.failed)",
                value.counts.failedPercent ?? "-"
            )
        }
        table.setNote(Self.rest(rows.count - limit, domains.others != nil))
        return table.lines(style: style)
    }

    private func hostLines(_ style: Style, _ limit: Int) -> [String] {
        var table = TextTable("MX hosts with failures", "result type", "failed")
        let rows = hosts.sorted { ($0.host, $0.type) < ($1.host, $1.type) }
        for (failure, number) in rows.prefix(limit) {
            let host = failure.host.isEmpty ? "(not named)" : failure.host
            table.add(host, TextTable.fitting(failure.type, 32), "\(number)")
        }
        table.setNote(Self.rest(rows.count - limit, hosts.others != nil))
        return table.lines(style: style)
    }

    private func typeLines(_ style: Style, _ limit: Int) -> [String] {
        var table = TextTable("Result types and reasons", "failed")
        let byType = Dictionary(
            grouping: reasons.sorted { ($0.type, $0.reason) < ($1.type, $1.reason) },
            by: \.key.type
        )
        for (type, number) in types.sorted(by: <).prefix(limit) {
            table.add(type, "\(number)")
            for (reason, number) in (byType[type] ?? []).filter({ !$0.key.reason.isEmpty }).prefix(limit) {
                table.add("  " + SafeText.of(reason.reason), "\(number)")
            }
        }
        let explained = types.values.values.reduce(types.others ?? 0, SessionCounts.sum)
        if explained > counts.failed {
            table.setNote("One session may have several failures, so that these are more than failed.")
        } else if explained < counts.failed {
            table.setNote("The reports do not explain \(counts.failed - explained) of the failed sessions.")
        }
        return table.lines(style: style)
    }

    private func senderLines(_ style: Style, _ limit: Int) -> [String] {
        var table = TextTable("Senders", "reports", "ok", "failed", "failed %")
        let rows = senders.values.sorted {
            ($0.value.counts.all, $1.key.organization, $1.key.submitter)
                > ($1.value.counts.all, $0.key.organization, $0.key.submitter)
        }
        for (name, value) in rows.prefix(limit) {
            table.add(
                name.text,
                "\(value.reports)",
                "\(value.counts.ok)",
                "\(value.counts.failed)",
                value.counts.failedPercent ?? "-"
            )
        }
        table.setNote(Self.rest(rows.count - limit, senders.others != nil))
        return table.lines(style: style)
    }

    private func remarkLines(_ style: Style, _ limit: Int) -> [String] {
        func lines(_ title: String, _ table: BoundedTable<String, Remark>) -> [String] {
            let rows = table.values.sorted { ($0.value.reports, $1.key) > ($1.value.reports, $0.key) }
            let texts = rows.prefix(limit).flatMap { kind, remark in
                [
                    "  \(counted(remark.reports, "report")): \(SafeText.of(kind).wrapped(to: 80, indent: "    "))",
                    "    first in \(TextTable.fitting(remark.example, 74))",
                ]
            }
            return texts.isEmpty ? [] : [style.bold(title)] + texts
        }
        let found = lines("What does not fit together", findings)
        let forgiven = lines("What is not as RFC 8460 wants it, and was read all the same", deviations)
        return found + (found.isEmpty || forgiven.isEmpty ? [] : [""]) + forgiven
    }

    private func lines(_ title: String, _ omissions: Omissions, _ style: Style, _ limit: Int) -> [String] {
        guard omissions.count > 0 else { return [] }
        let lines = omissions.listed.prefix(limit).flatMap { file in
            [
                "  \(TextTable.fitting(file.origin, 84))",
                "    \(style.red(SafeText.of(file.reason).wrapped(to: 80, indent: "    ")))",
            ]
        }
        let rest = Self.rest(omissions.count - limit, false).map { ["  \($0)"] } ?? []
        return [style.bold(title)] + lines + rest
    }

    private static func rest(_ number: Int, _ isBounded: Bool) -> String? {
        if isBounded { return "There are more than \(rows); --all shows these." }
        return number > 0 ? "and \(number) more; --all shows them" : nil
    }
}

extension ReportTally.SenderName {
    /// The organisation and the domain it goes by.
    var text: String {
        switch (organization.isEmpty, submitter.isEmpty) {
        case (true, true): "(not named)"
        case (true, false): submitter
        case (false, true): organization
        case (false, false): "\(organization), \(submitter)"
        }
    }
}
