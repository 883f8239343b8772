// SPDX-License-Identifier: Apache-2.0

/// Mail services under whose names the MX hosts of many customers stand.
struct SharedProvider {
    /// Who runs it.
    let name: String

    /// What its MX host names end in.
    let suffix: String

    /// How many labels its MX host names have before ``suffix``.
    let labels: Int

    /// The suffixes of big services, as their customers' MX records show them.
    static let all: [SharedProvider] = [
        SharedProvider(name: "Microsoft 365", suffix: "mail.protection.outlook.com", labels: 1),
        SharedProvider(name: "Microsoft 365", suffix: "mx.microsoft", labels: 2),
        SharedProvider(name: "Google", suffix: "google.com", labels: 1),
        SharedProvider(name: "Google", suffix: "aspmx.l.google.com", labels: 1),
        SharedProvider(name: "Google", suffix: "googlemail.com", labels: 1),
        SharedProvider(name: "Proofpoint", suffix: "pphosted.com", labels: 1),
        SharedProvider(name: "Proofpoint Essentials", suffix: "ppe-hosted.com", labels: 1),
        SharedProvider(name: "Mimecast", suffix: "mimecast.com", labels: 1),
        SharedProvider(name: "Mimecast", suffix: "mimecast.co.za", labels: 1),
        SharedProvider(name: "Symantec Email Security", suffix: "messagelabs.com", labels: 2),
        SharedProvider(name: "Cisco Secure Email", suffix: "iphmx.com", labels: 2),
        SharedProvider(name: "Barracuda", suffix: "ess.barracudanetworks.com", labels: 1),
        SharedProvider(name: "Sophos", suffix: "hydra.sophos.com", labels: 2),
        SharedProvider(name: "Hornetsecurity", suffix: "hornetsecurity.com", labels: 1),
        SharedProvider(name: "Hornetsecurity", suffix: "antispameurope.com", labels: 1),
        SharedProvider(name: "NoSpamProxy", suffix: "mail.cloud.nospamproxy.com", labels: 1),
        SharedProvider(name: "Cloudflare", suffix: "mx.cloudflare.net", labels: 1),
        SharedProvider(name: "Mailgun", suffix: "mailgun.org", labels: 1),
        SharedProvider(name: "SendGrid", suffix: "sendgrid.net", labels: 1),
        SharedProvider(name: "Amazon SES", suffix: "amazonaws.com", labels: 2),
        SharedProvider(name: "Zoho", suffix: "zoho.com", labels: 1),
        SharedProvider(name: "Zoho", suffix: "zoho.eu", labels: 1),
        SharedProvider(name: "Fastmail", suffix: "messagingengine.com", labels: 1),
        SharedProvider(name: "Proton", suffix: "protonmail.ch", labels: 1),
        SharedProvider(name: "mailbox.org", suffix: "mailbox.org", labels: 1),
        SharedProvider(name: "Apple iCloud", suffix: "mail.icloud.com", labels: 1),
        SharedProvider(name: "Rackspace", suffix: "emailsrvr.com", labels: 1),
        SharedProvider(name: "GoDaddy", suffix: "secureserver.net", labels: 1),
        SharedProvider(name: "IONOS", suffix: "kundenserver.de", labels: 1),
        SharedProvider(name: "OVH", suffix: "mail.ovh.net", labels: 1),
        SharedProvider(name: "Gandi", suffix: "mail.gandi.net", labels: 1),
        SharedProvider(name: "SiteGround", suffix: "mailspamprotection.com", labels: 2),
        SharedProvider(name: "Yandex", suffix: "yandex.net", labels: 1),
        SharedProvider(name: "Migadu", suffix: "migadu.com", labels: 1),
    ]

    /// What a wildcard over a name does with this provider's hosts.
    enum Reach {
        /// It matches them.
        case matches
        /// It stands above them, with too few labels to match them.
        case tooShallow
    }

    /// What the wildcard `*.base` does with this provider's hosts; nil if it has nothing to do with them.
    func reach(ofWildcardOver base: String) -> Reach? {
        let below = Self.labels(of: base, under: suffix)
        if let below { return below + 1 == labels ? .matches : below + 1 < labels ? .tooShallow : nil }
        return Self.labels(of: suffix, under: base) == nil ? nil : .tooShallow
    }

    /// How many labels a name has before a suffix: 0 if they are equal, nil if it does not end in it.
    private static func labels(of name: String, under suffix: String) -> Int? {
        if name == suffix { return 0 }
        guard name.hasSuffix(suffix), name.utf8.dropLast(suffix.utf8.count).last == 0x2E else { return nil }
        var count = 0
        for octet in name.utf8.dropLast(suffix.utf8.count) where octet == 0x2E { count += 1 }
        return count
    }
}
