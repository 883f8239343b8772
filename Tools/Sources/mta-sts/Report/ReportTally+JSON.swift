// SPDX-License-Identifier: Apache-2.0

import MTASTS

// The tally for programs. Members may be added; none is renamed or taken away.
extension ReportTally {
    /// The tally as one line of JSON with all rows: `reports`, `duplicates`, `excluded`, `otherMails`, `unchecked`; `first` and `last`
    /// (seconds since 1970, or absent); `ok` and `failed` sessions; `domains` (`domain`, `reports`, `ok`, `failed`);
    /// `senders` (`organization`, `submitter` and the same); `mxHosts` (`host`, `resultType`, `failed`); `resultTypes`
    /// (`resultType`, `failed`, `reasons` with `reason` and `failed`); `days` (`day`, `ok`, `failed`, `resultTypes` with
    /// their numbers); `deviations` and `findings` (`kind`, `reports`, `example`); `notRead` and `unsigned` (`origin`,
    /// `reason`).
    var json: String { JSONText.line(JSONForm(self)) }

    private struct JSONForm: Encodable {
        struct Row: Encodable {
            var domain: String?
            var organization: String?
            var submitter: String?
            let reports: Int
            let ok: Int
            let failed: Int
        }

        struct Host: Encodable {
            let host: String
            let resultType: String
            let failed: Int
        }

        struct Reason: Encodable {
            let reason: String
            let failed: Int
        }

        struct ResultType: Encodable {
            let resultType: String
            let failed: Int
            let reasons: [Reason]
        }

        struct Day: Encodable {
            let day: String
            let ok: Int
            let failed: Int
            let resultTypes: [String: Int]
        }

        struct Remark: Encodable {
            let kind: String
            let reports: Int
            let example: String
        }

        struct Omission: Encodable {
            let origin: String
            let reason: String
        }

        let reports: Int
        let duplicates: Int
        let excluded: Int
        let otherMails: Int
        let unchecked: Int
        let first: Int64?
        let last: Int64?
        let ok: Int
        let failed: Int
        let domains: [Row]
        let senders: [Row]
        let mxHosts: [Host]
        let resultTypes: [ResultType]
        let days: [Day]
        let deviations: [Remark]
        let findings: [Remark]
        let notRead: [Omission]
        let unsigned: [Omission]

        init(_ tally: ReportTally) {
            (reports, duplicates, excluded) = (tally.reports, tally.duplicates, tally.excluded)
            (otherMails, unchecked) = (tally.otherMails, tally.unchecked)
            first = tally.firstMoment?.secondsSinceEpoch
            last = tally.lastMoment?.secondsSinceEpoch
            (ok, failed) = (tally.counts.ok, tally.counts.failed)
            domains = tally.domains.values.sorted { $0.key < $1.key }.map { domain, value in
                Row(domain: domain, reports: value.reports, ok: value.counts.ok, failed: value.counts.failed)
            }
            senders = tally.senders.values
                .sorted { ($0.key.organization, $0.key.submitter) < ($1.key.organization, $1.key.submitter) }
                .map { name, value in
                    Row(
                        organization: name.organization,
                        submitter: name.submitter,
                        reports: value.reports,
                        ok: value.counts.ok,
                        failed: value.counts.failed
                    )
                }
            mxHosts = tally.hosts.sorted { ($0.host, $0.type) < ($1.host, $1.type) }
                .map { Host(host: $0.key.host, resultType: $0.key.type, failed: $0.value) }
            let reasons = Dictionary(
                grouping: tally.reasons.sorted { ($0.type, $0.reason) < ($1.type, $1.reason) },
                by: \.key.type
            )
            resultTypes = tally.types.sorted(by: <).map { type, number in
                let list = (reasons[type] ?? []).map { Reason(reason: $0.key.reason, failed: $0.value) }
                return ResultType(resultType: type, failed: number, reasons: list)
            }
            days = tally.days.values.sorted { $0.key < $1.key }.map { day, value in
                Day(
                    day: day.description,
                    ok: value.counts.ok,
                    failed: value.counts.failed,
                    resultTypes: value.types.values
                )
            }
            deviations = Self.remarks(tally.deviations)
            findings = Self.remarks(tally.findings)
            notRead = tally.damaged.listed.map { Omission(origin: $0.origin, reason: $0.reason) }
            unsigned = tally.unsigned.listed.map { Omission(origin: $0.origin, reason: $0.reason) }
        }

        private static func remarks(_ table: BoundedTable<String, ReportTally.Remark>) -> [Remark] {
            table.values.sorted { $0.key < $1.key }
                .map { Remark(kind: $0.key, reports: $0.value.reports, example: $0.value.example) }
        }
    }
}
