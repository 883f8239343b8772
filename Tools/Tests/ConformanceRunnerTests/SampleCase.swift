// SPDX-License-Identifier: Apache-2.0

import ConformanceRunner
import Testing

/// A case that the library passes, with a verdict that it must fail with.
struct SampleCase: Sendable, CustomTestStringConvertible {
    let kind: String
    let input: String
    let verdict: String
    let wrongVerdict: String
    /// The expectation but for the verdict, with a leading comma if there is any.
    let members: String

    var testDescription: String { "\(kind) \(input)" }

    func line(verdict: String) -> String {
        #"{"id":"a","kind":"\#(kind)","input":\#(input),"expect":{"verdict":"\#(verdict)"\#(members)}}"#
    }
}

/// Runs a text of cases.
func run(_ text: String, file: String = "cases.jsonl") async throws -> ConformanceTally {
    var suite = ConformanceSuite()
    try suite.addCases(Array(text.utf8), file: file)
    return try await suite.run()
}

extension SampleCase {
    static let all =
        records + reportingRecords + reports + policies + names + certificates + walks + fetches + caches + refreshes

    private init(_ kind: String, _ input: String, isGood: Bool, _ members: String = "") {
        let verdicts =
            switch kind {
            case "mx-match": ("match", "no-match")
            case "cert-match": ("pass", "fail")
            case "evaluate": ("deliver", "defer")
            default: ("accept", "reject")
            }
        self.kind = kind
        self.input = input
        self.verdict = isGood ? verdicts.0 : verdicts.1
        self.wrongVerdict = isGood ? verdicts.1 : verdicts.0
        self.members = members
    }

    static let records = [
        SampleCase(
            "record",
            #""v=STSv1; id=a; x=y; z=1;""#,
            isGood: true,
            #","id":"a","extensions":[["x","y"],["z","1"]],"reason":"none","level":"MAY","note":"n""#
        ),
        SampleCase("record", #"["v=spf1 -all",["v=STS","v1; id=a"]]"#, isGood: true, #","id":"a""#),
        SampleCase("record", #"["v=STSv1; id=a","v=STSv1; id=b"]"#, isGood: false),
        SampleCase("record", "[]", isGood: false, #","id":null"#),
    ]

    static let reportingRecords = [
        SampleCase(
            "tlsrpt-record",
            #""v=TLSRPTv1; rua=mailto:a@x.example , http://x.example/,b!; x=1""#,
            isGood: true,
            #","rua":["mailto:a@x.example","http://x.example/"],"unusable_rua":["http://x.example/"],"extensions":[["x","1"]]"#
        ),
        SampleCase(
            "tlsrpt-record",
            #"["v=spf1 -all",["v=TLS","RPTv1; rua=mailto:"]]"#,
            isGood: true,
            #","rua":["mailto:"]"#
        ),
        SampleCase("tlsrpt-record", #""v=TLSRPTv1; rua=noscheme""#, isGood: false),
        SampleCase("tlsrpt-record", "[]", isGood: false, #","rua":null"#),
    ]

    static let reports = [
        SampleCase(
            "tlsrpt-report",
            report(#""policy-type":"sts","policy-domain":"x.example","mx-host":["a.x.example"],"policy-string":["a"]"#),
            isGood: true,
            #","sessions":[[5,3]],"policy_type":"sts","result_type":"certificate-expired","#
                + #""start":"2026-01-01T00:00:00Z","end":"2026-01-01T23:59:59Z""#
        ),
        SampleCase("tlsrpt-report", #""{\"organization-name\":\"x\"}""#, isGood: false, #","sessions":null"#),
        SampleCase("tlsrpt-report", #""[]""#, isGood: false),
    ]

    /// A report whose policy has these members, as a JSON string.
    static func report(_ policy: String) -> String {
        let text =
            #"{"organization-name":"o","date-range":{"start-datetime":"2026-01-01T00:00:00Z","#
            + #""end-datetime":"2026-01-01T23:59:59Z"},"contact-info":"a@b.example","report-id":"1@b.example","#
            + #""policies":[{"policy":{\#(policy)},"summary":{"total-successful-session-count":5,"#
            + #""total-failure-session-count":3},"failure-details":[{"result-type":"certificate-expired","#
            + #""sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"a.x.example","receiving-ip":"192.0.2.2","#
            + #""failed-session-count":3}]}]}"#
        return "\"" + text.replacing("\"", with: "\\\"") + "\""
    }

    static let policies = [
        SampleCase(
            "policy",
            #""version: STSv1\nmode: testing\nmx: A.example\nmx: *.b.example\nmax_age: 60\nx: y z\n""#,
            isGood: true,
            #","mode":"testing","max_age":60,"mx":["A.example","*.b.example"],"extensions":[["x","y z"]]"#
        ),
        SampleCase("policy", #""version: STSv1\nmode: enforce\nmax_age: 60\n""#, isGood: false),
        SampleCase("policy-write", #"{"mode":"none","mx":[],"max_age":0}"#, isGood: true),
        SampleCase("policy-write", #"{"mode":"enforce","mx":["*.a.example"],"max_age":1}"#, isGood: true),
        SampleCase("policy-write", #"{"mode":"Enforce","mx":["a.example"],"max_age":1}"#, isGood: false),
        SampleCase("policy-write", #"{"mode":"enforce","mx":[],"max_age":1}"#, isGood: false),
        SampleCase("policy-write", #"{"mode":"none","mx":["a_b.example"],"max_age":1}"#, isGood: false),
        SampleCase("policy-write", #"{"mode":"none","mx":[],"max_age":31557601}"#, isGood: false),
    ]

    static let names = [
        SampleCase("mx-match", #"{"pattern":"*.example.com","host":"A.example.COM."}"#, isGood: true),
        SampleCase("mx-match", #"{"pattern":"xn--bcher-kva.example","host":"bücher.example"}"#, isGood: true),
        SampleCase("mx-match", #"{"pattern":"*.example.com","host":"a.b.example.com"}"#, isGood: false),
        SampleCase("mx-match", #"{"pattern":"*","host":"a"}"#, isGood: false),
    ]

    static let certificates = [
        certificate("mx", "a.b.example", san: "*.b.example", "ok", nil),
        certificate("mx", "a.b.example", san: "c.example", "ok", "certificate-host-mismatch"),
        certificate("mx", "a.b.example", san: "a.b.example", "wrong-name", "certificate-host-mismatch"),
        certificate("mx", "a.b.example", san: "c.example", "expired", "certificate-expired"),
        certificate("mx", "a.b.example", san: "a.b.example", "not-yet-valid", "certificate-not-trusted"),
        certificate("mx", "a.b.example", san: "a.b.example", "untrusted", "certificate-not-trusted"),
        certificate("mx", "a.b.example", san: "a.b.example", "self-signed", "certificate-not-trusted"),
        handshake("mx", "a.b.example", "closed", "validation-failure"),
        certificate("policy-host", "mta-sts.b.example", san: "*.b.example", "ok", nil),
        certificate("policy-host", "mta-sts.b.example", san: "b.example", "ok", "sts-webpki-invalid"),
        certificate("policy-host", "mta-sts.b.example", san: "*.b.example", "expired", "sts-webpki-invalid"),
        handshake("policy-host", "mta-sts.b.example", "timeout", "sts-policy-fetch-error"),
    ]

    private static func certificate(
        _ role: String,
        _ host: String,
        san: String,
        _ state: String,
        _ type: String?
    ) -> SampleCase {
        let cert = #"{"san_dns":["\#(san)"],"cn":"\#(host)","state":"\#(state)"}"#
        return SampleCase(
            "cert-match",
            #"{"role":"\#(role)","host":"\#(host)","handshake":"ok","cert":\#(cert)}"#,
            isGood: type == nil,
            #","result_type":\#(json(type))"#
        )
    }

    private static func handshake(_ role: String, _ host: String, _ end: String, _ type: String) -> SampleCase {
        SampleCase(
            "cert-match",
            #"{"role":"\#(role)","host":"\#(host)","handshake":"\#(end)","cert":null}"#,
            isGood: false,
            #","result_type":"\#(type)""#
        )
    }

    private static func json(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
}

// Walks over MX hosts.
extension SampleCase {
    static let walks = [
        SampleCase(
            "evaluate",
            walk(
                "enforce",
                ["*.a.example"],
                host("B.example"),
                host("x.a.example", "false"),
                host("Y.a.example"),
                host("z.a.example")
            ),
            isGood: true,
            #","via":"Y.a.example","policy_type":"sts","results":[["B.example","validation-failure"],"#
                + #"["x.a.example","starttls-not-supported"],["Y.a.example","success"]]"#
        ),
        SampleCase(
            "evaluate",
            walk("enforce", ["a.example"], host("a.example", handshake: "alert")),
            isGood: false,
            #","via":null,"policy_type":"sts","results":[["a.example","validation-failure"]]"#
        ),
        SampleCase(
            "evaluate",
            walk("testing", ["a.example"], host("a.example", handshake: "closed")),
            isGood: true,
            #","via":"a.example","policy_type":"sts","results":[["a.example","validation-failure"]]"#
        ),
        SampleCase(
            "evaluate",
            walk(nil, [], host("a.example", cert: "expired")),
            isGood: true,
            #","via":"a.example","policy_type":"no-policy-found","results":[["a.example","success"]]"#
        ),
    ]

    private static func walk(_ mode: String?, _ patterns: [String], _ hosts: String...) -> String {
        let list = patterns.map { "\"\($0)\"" }.joined(separator: ",")
        let policy = mode.map { #"{"mode":"\#($0)","mx":[\#(list)]}"# } ?? "null"
        return #"{"policy":\#(policy),"mx":[\#(hosts.joined(separator: ","))]}"#
    }

    private static func host(
        _ name: String,
        _ offersSTARTTLS: String = "true",
        handshake: String = "ok",
        cert: String = "ok"
    ) -> String {
        #"{"host":"\#(name)","starttls":\#(offersSTARTTLS),"handshake":"\#(handshake)","cert":"\#(cert)"}"#
    }
}

// Fetches.
extension SampleCase {
    static let fetches = [
        fetch("{}", nil),
        fetch(#"{"body_octets":65536}"#, nil),
        fetch(#"{"body_octets":65537}"#, "sts-policy-fetch-error"),
        fetch(#"{"body_octets":9000000000000000000,"transfer":"chunked"}"#, "sts-policy-fetch-error"),
        fetch(#"{"transfer":"endless"}"#, "sts-policy-fetch-error"),
        fetch(#"{"dns":"timeout"}"#, "sts-policy-fetch-error"),
        fetch(#"{"tcp":"refused"}"#, "sts-policy-fetch-error"),
        fetch(#"{"tls":"no-handshake"}"#, "sts-policy-fetch-error"),
        fetch(#"{"cert":"self-signed"}"#, "sts-webpki-invalid"),
        fetch(#"{"status":301,"location":"https://a.example/"}"#, "sts-policy-fetch-error"),
        fetch(#"{"content_type":null}"#, "sts-policy-fetch-error"),
        fetch(#"{"content_type":"text/plain; charset=utf-8"}"#, nil),
        fetch(#"{"body":"bogus"}"#, "sts-policy-invalid"),
        fetch(#"{"address":"::1","guard":true}"#, "sts-policy-fetch-error"),
        fetch(#"{"address":"::1"}"#, nil),
        fetch(#"{"guard":true}"#, nil),
    ]

    private static func fetch(_ input: String, _ type: String?) -> SampleCase {
        SampleCase("fetch", input, isGood: type == nil, #","result_type":\#(json(type))"#)
    }
}

// The cache.
extension SampleCase {
    /// The fields of the policy that most cases are about.
    private static let policy = #""mode":"enforce","max_age":100000,"mx":["a.example"]"#
    private static let cached = #""cached":{\#(policy),"id":"1","age":9}"#
    private static let new = #""txt":["v=STSv1; id=1"],"fetch":{\#(policy)}"#
    private static let failing = #""txt":["v=STSv1; id=1"],"fetch":"error""#
    private static let fetchError = "sts-policy-fetch-error"

    static let caches = [
        cache(#""cached":null,\#(new)"#, "use-fetched", 1),
        cache(#""cached":null,\#(new),"store":"error""#, "use-fetched", 1),
        cache(#""cached":null,\#(new),"callers":50"#, "use-fetched", 1),
        cache(
            #""cached":null,"txt":["v=STSv1; id=1"],"fetch":"invalid","callers":50"#,
            "no-policy",
            1,
            "sts-policy-invalid"
        ),
        cache(#""cached":null,"txt":[],"fetch":null"#, "no-policy", 0),
        cache(#""cached":"damaged",\#(new)"#, "use-fetched", 1),
        cache(#"\#(cached),"txt":["v=STSv1; id=1"],"fetch":null"#, "use-cached", 0),
        cache(#"\#(cached),"txt":"servfail","fetch":null"#, "use-cached", 0, fetchError),
        cache(
            #""cached":{"mode":"none","max_age":60,"mx":[],"id":"1","age":9},"txt":"nxdomain","fetch":null"#,
            "use-cached",
            0
        ),
        cache(#""cached":{\#(policy),"id":"1","age":100001},\#(failing)"#, "no-policy", 1, fetchError),
        cache(#""cached":null,\#(failing),"last_failure":{"id":"1","age":299}"#, "no-policy", 0),
        cache(#""cached":null,\#(failing),"last_failure":{"id":"1","age":300}"#, "no-policy", 1, fetchError),
        cache(#"\#(cached),"txt":["v=STSv1; id=2"],"fetch":null,"last_failure":{"id":"2","age":9}"#, "use-cached", 0),
    ]

    static let refreshes = [
        cache(#"\#(cached),\#(new),"refresh":true"#, "use-fetched", 1),
        cache(#""cached":{\#(policy),"id":"1","age":0},\#(new),"refresh":true"#, "use-fetched", 1),
        cache(#""cached":{\#(policy),"id":"1","age":100001},\#(new),"refresh":true"#, "use-fetched", 1),
        cache(#"\#(cached),"txt":"timeout","fetch":{\#(policy)},"refresh":true,"store":"error""#, "use-fetched", 1),
        cache(
            #""cached":{\#(policy),"id":null,"age":9},"txt":null,"fetch":"error","refresh":true"#,
            "use-cached",
            1,
            fetchError,
            isAlerted: true
        ),
        cache(#"\#(cached),\#(failing),"refresh":true"#, "use-cached", 1, fetchError, isAlerted: true),
        cache(
            #""cached":{"mode":"none","max_age":60,"mx":[],"id":"1","age":9},\#(failing),"refresh":true"#,
            "use-cached",
            1
        ),
        cache(#""cached":null,\#(new),"refresh":true"#, "no-policy", 0),
    ]

    private init(cache input: String, _ verdict: String, not wrongVerdict: String, _ members: String) {
        kind = "cache"
        self.input = input
        self.verdict = verdict
        self.wrongVerdict = wrongVerdict
        self.members = members
    }

    private static func cache(
        _ input: String,
        _ verdict: String,
        _ fetches: Int,
        _ report: String? = nil,
        isAlerted: Bool = false
    ) -> SampleCase {
        SampleCase(
            cache: "{\(input)}",
            verdict,
            not: verdict == "use-cached" ? "use-fetched" : "use-cached",
            #","fetches":\#(fetches),"report":\#(json(report)),"alert":\#(isAlerted)"#
        )
    }
}
