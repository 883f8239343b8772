// SPDX-License-Identifier: Apache-2.0

extension Grammar {
    private static let long = String(repeating: "a", count: 31)

    static let record = Grammar(
        heads: ["v=STSv1; id=a", "v=STSv1; id=20160831085700Z", "v=STSv1"],
        separators: [";", "; ", " ; ", "\t;", ";  \t"],
        badSeparators: [";;", " ", "; ;", ",", "\n"],
        fields: [
            "id=20160831085700Z", "id=a", "id=\(long)0", "v=STSv1", "v=STSv2", "x=1", "y.z=a!b", "x=\"2\"",
            "\(long)b=1",
        ],
        badFields: ["id=", "id=a-1", "id=\(long)00", "id= a", "x=", "x", "x=a=b", "_x=1", "é=1"],
        names: ["id", "ID", "v", "x", "y.z", "_x", "a_b-c", "\(long)b", "\(long)bc", "i d", ""],
        joints: ["=", "=", "=", " =", "= ", "==", ""],
        values: ["a", "0", "b!", "\"q\"", "a=b", "a b", "é", "", "\(long)1", "~", "\u{7F}"],
        fragments: [";", " ", "\t", "=", "id=", "v=STSv1", "v=STSv1;", "\u{0}", "é", "\n", "a", "."]
    )

    static let policy = Grammar(
        heads: [
            "version: STSv1", "version: STSv1\nmode: enforce\nmx: mail.example\nmax_age: 86400",
            "mode: none\r\nmax_age: 1\r\nversion: STSv1",
        ],
        separators: ["\n", "\r\n", "\n", "\n\n", " \n", "\t\r\n", "\n \n"],
        badSeparators: ["\r", "\r\r\n", "\n ", " ", ";"],
        fields: [
            "mode: enforce", "mode: testing", "mode: none", "max_age: 86400", "max_age:31557600", "max_age: 31557601",
            "mx: a.example", "mx: *.b.example", "mx:c_d.example.", "version: STSv1", "x: y z", "mx: 192.0.2.1",
        ],
        badFields: [
            "mode: Enforce", "max_age: 1e5", "mx: -a", "mx: *", "version: STSv2", "x:", " x: y", "x : y", "# x",
        ],
        names: [
            "version", "mode", "max_age", "mx", "mx", "x", "Mode", "max-age", "_x", "\(long)b", "\(long)bc", " mx", "",
        ],
        joints: [":", ": ", ":", ": ", ":\t ", " :", "::", ""],
        values: [
            "enforce", "none", "STSv1", "0", "0000086400", "9999999999", "10000000000", "-1", "1 ", "*", "*.", "*.*.a",
            "a..b", ".a", "a.", "a..", "-a.b", "a-.b", "a-b.c", "192.0.2.1", "[192.0.2.1]", "*.a.", "A.Example",
            "_a._b",
            "é", "a b", "a\tb", "\u{85}", "\u{7F}", "", "\(long)\(long)a.b", "\(long)\(long)ab.c", "x=;y", "#",
            Array(repeating: "\(long)\(long)", count: 4).joined(separator: "."),
            Array(repeating: "\(long)\(long)", count: 4).joined(separator: ".") + ".b",
            "*." + Array(repeating: "\(long)\(long)", count: 4).joined(separator: "."),
        ],
        fragments: [
            "\n", "\r", "\r\n", " ", "\t", ":", ".", "*", "_", "-", "mx: ", "\u{FEFF}", "é", "\u{0}", "0", "max_age: ",
        ]
    )

    static let reportingRecord = Grammar(
        heads: ["v=TLSRPTv1; rua=mailto:tls@example.com", "v=TLSRPTv1; rua=https://t.example/", "v=TLSRPTv1"],
        separators: [";", "; ", " ; ", ";\t"],
        badSeparators: [";;", " ", ",", " , ", ",,", ", rua="],
        fields: [
            "rua=mailto:r@example.com", "rua=https://t.example/v1?k=v", "rua=mailto:a@x.example,https://x.example/",
            "rua=http://x.example/", "rua=mailto:r%2Cs@x.example", "x=1", "v=TLSRPTv1", "rua=mailto:r@example.com!10m",
            "rua=https://[::1]:8/p?q#f",
        ],
        badFields: [
            "rua=", "https://t.example/", "rua=,", "rua= mailto:a@b.example", "rua=mailto:a@b.example,", "x=", "x=a b",
        ],
        names: [
            "rua", "RUA", "x", "_x", "v", "\(long)b", "\(long)bc", "rua=mailto", "rua=https", "https", "rua=HTTPS",
            "tel",
        ],
        joints: ["=", "=", ":", ":", "://", "://", " =", ""],
        values: [
            "a@b.example", "a.example", "u@h.example:1/p?q=1&r#f", "[::1]/", "[::1", "[1:2:3:4:5:6:7::]:8", "[v1.a:b]",
            "[::ffff:1.2.3.4]",
            "[1::2::3]", "a%2", "a%zz", "a%20b@c", "h:99999/", "h:x/", "", "/", "//", "a b", "é", "a=b", "a!b", "?",
            "#", "a#b#c", "a?b?c",
            "%00@c", "a@b@c", "h%41.example/",
        ],
        fragments: [
            ";", ",", " ", "\t", "=", ":", "/", "//", "@", "%", "%2C", "!", "?", "#", "[", "]", "rua=", "mailto:", "é",
            "\u{0}",
        ]
    )
}
