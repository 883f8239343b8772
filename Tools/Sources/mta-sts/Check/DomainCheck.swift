// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSFoundation
import MTASTSSystemDNS

/// Checks one domain: its record, its policy, its policy host's certificate and its MX hosts.
struct DomainCheck: Sendable {
    let network: any CheckNetwork
    let now: UnixTime
    var deadline = Duration.seconds(20)

    /// Everything that could be found out about a domain, which may be written in U-labels.
    func report(on input: String) async -> DomainReport {
        let domain: DomainName
        do throws(DomainName.ParseError) {
            domain = try DomainName(convertingULabels: input)
        } catch {
            return invalid(input, "\(error)")
        }
        guard let recordName = domain.stsRecordName, let policyHost = domain.policyHost else {
            return invalid(input, "with _mta-sts. before it the name is too long for DNS, so it cannot have a policy")
        }
        guard domain.labelCount > 1 else { return invalid(input, "a name of one label has no policy") }
        async let record = record(at: recordName)
        async let mailHosts = mailHosts(of: domain)
        var report = DomainReport(input: input, domain: domain)
        report.policyHostAddresses = await addresses(of: policyHost)
        if let addresses = report.policyHostAddresses.value, !addresses.isEmpty || network.connectionTarget != nil {
            async let certificate = certificate(of: policyHost, at: addresses)
            report.policy = await policy(of: domain, at: addresses)
            report.certificate = await certificate
        }
        report.record = await record
        report.mailHosts = await mailHosts
        report.judge(now: now)
        return report
    }

    private func invalid(_ input: String, _ reason: String) -> DomainReport {
        var report = DomainReport(input: input, domain: nil)
        report.unknowns = ["\"\(SafeText.of(input))\" cannot be checked: \(reason)"]
        return report
    }

    private func record(at name: DomainName) async -> DomainReport.Known<DomainReport.Record> {
        do {
            let strings = try await network.txtRecords(at: name).records.map(\.strings)
            let record = DomainReport.Record(
                texts: strings.map { Array($0.joined()) },
                selection: STSRecord.select(from: strings)
            )
            return .known(record)
        } catch {
            return .unknown("\(error)")
        }
    }

    private func addresses(of policyHost: DomainName) async -> DomainReport.Known<[IPAddress]> {
        guard network.connectionTarget == nil else { return .known([]) }
        do {
            return .known(try await network.addresses(of: policyHost).records)
        } catch {
            return .unknown("\(error)")
        }
    }

    private func certificate(
        of host: DomainName,
        at addresses: [IPAddress]
    ) async -> DomainReport.Known<CertificateFacts> {
        do {
            return .known(try await network.certificate(of: host, at: addresses))
        } catch {
            return .unknown("\(error)")
        }
    }

    /// Has the library's own resolver fetch and judge the policy, whatever the record says.
    private func policy(
        of domain: DomainName,
        at addresses: [IPAddress]
    ) async -> DomainReport.Known<DomainReport.Policy> {
        let http = RecordingHTTPS(network: network, addresses: addresses)
        var configuration = ResolverConfiguration()
        configuration.fetchDeadline = deadline
        configuration.maximumNegativeEntries = 16
        let resolver = PolicyResolver(
            dns: AssumedRecord(),
            http: http,
            cache: PolicyCache(capacity: 16),
            configuration: configuration
        )
        guard let resolution = try? await resolver.resolve(.domain(domain)) else { return .unknown("cancelled") }
        if let reason = resolution.failure?.ownLimit { return .unknown(reason) }
        let body = http.response.flatMap { $0.status == 200 ? $0.body : nil }
        return .known(
            DomainReport.Policy(
                policy: resolution.policy,
                failure: resolution.failure,
                body: body,
                wasKeptFromConnecting: network.refusesNonPublicAddresses
            )
        )
    }

    private func mailHosts(of domain: DomainName) async -> DomainReport.Known<DomainReport.MailHosts> {
        do {
            let answer = try await network.mxRecords(of: domain)
            switch answer.content {
            case .records(let records):
                return .known(records.count == 1 && records[0].isNullMX ? .null : .records(records))
            case .noSuchName: return .known(.noSuchDomain)
            case .noData:
                let addresses = try await network.addresses(of: domain).records
                return .known(addresses.isEmpty ? .none : .implicit)
            }
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension PolicyFailure {
    /// The limit of ours that kept a fetch from being tried; nil if the failure has another cause.
    fileprivate var ownLimit: String? {
        switch self {
        case .overloaded(let reason): return reason
        case .fetch(let failure):
            if case .transport(.overloaded(let reason)) = failure.cause { return reason }
            return nil
        case .dns, .record: return nil
        }
    }
}
