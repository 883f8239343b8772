import STSPolicy
import Testing

@Test func smoke() throws {
    let p = try STSPolicy(parsing: "version: STSv1\nmode: enforce\nmx: a.example\nmx: *.b.example.\nmax_age: 86400\nfoo: b€r z\n\n")
    #expect(p.mx.map(\.description) == ["a.example", "*.b.example"])
    #expect(try STSPolicy(parsing: p.description) == p)
    #expect(p.extensions == [STSPolicy.Extension(name: "foo", value: "b€r z")!])
    #expect(p.matches(DomainName("X.b.example.")!))
    #expect(!p.matches(DomainName("b.example.")!))
}
