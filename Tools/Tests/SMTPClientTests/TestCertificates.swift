// SPDX-License-Identifier: Apache-2.0

/// Certificates for tests, with keys that protect nothing. The root signed the others; all but the expired one are
/// valid until 2120. The name in them is mx.example.
enum TestCertificates {
    static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBXjCCAQSgAwIBAgIUWyEvpD8X93n33IhnKfizEgoYkE4wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJVGVzdCByb290MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
        MDAwMDAwWjAUMRIwEAYDVQQDDAlUZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAT3kx/2sCmYdD9y8QHlk7C57hcL4Z5VbHDyqrqoLH47b6CH1LkdBPgK
        rjJNNPgF6r1z1rrPMJQSe2DkaqRqm3H7ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0G
        A1UdDgQWBBTyhP3Gs2rh+1aOLTg6G0hWSX1oEDAKBggqhkjOPQQDAgNIADBFAiBl
        wFoBaDM3mtg85yv4mveUBiFVQQ/J8eJ47PwkjOt3PgIhAIlaVRZYzvvMnfNf+gTr
        WsktAqeKRE1IePdDduvDELvP
        -----END CERTIFICATE-----
        """

    static let valid = """
        -----BEGIN CERTIFICATE-----
        MIIBhzCCASygAwIBAgIUNcMcArOSuEDYVCtyjz1BG5ykUa0wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJVGVzdCByb290MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
        MDAwMDAwWjAVMRMwEQYDVQQDDApteC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZI
        zj0DAQcDQgAERebHFRcya2iIXwu6IgFrAU4OE93r62chTnIQc1OZd2rvRtsCAiGa
        +oB7dB4/MWiZJAKXGCDAvTrA1s69YTAOWaNZMFcwFQYDVR0RBA4wDIIKbXguZXhh
        bXBsZTAdBgNVHQ4EFgQUYDXWZxfJGEbjqqOKg4RPsJ3zYEYwHwYDVR0jBBgwFoAU
        8oT9xrNq4ftWji04OhtIVkl9aBAwCgYIKoZIzj0EAwIDSQAwRgIhAPaCMvJZX5R/
        CwjjjsExf9rUVRmKTGSgk4NImJIME7YHAiEAyXD2OlaMWf8fb0HtK/0UlSYaErAq
        h646JAoQzPAZays=
        -----END CERTIFICATE-----
        """

    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBhDCCASqgAwIBAgIUd1WnLCYmbDSBIv9EMKWqMz5tV6swCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJVGVzdCByb290MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAw
        MDAwMFowFTETMBEGA1UEAwwKbXguZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49
        AwEHA0IABEXmxxUXMmtoiF8LuiIBawFODhPd6+tnIU5yEHNTmXdq70bbAgIhmvqA
        e3QePzFomSQClxggwL06wNbOvWEwDlmjWTBXMBUGA1UdEQQOMAyCCm14LmV4YW1w
        bGUwHQYDVR0OBBYEFGA11mcXyRhG46qjioOET7Cd82BGMB8GA1UdIwQYMBaAFPKE
        /cazauH7Vo4tODobSFZJfWgQMAoGCCqGSM49BAMCA0gAMEUCIQC8eW/+/5tWQwEd
        +l54gooEIGJ4L7X+TloUgDScI0ivtAIgAu7J0uEZzijO+93tvGZBQALUQ8pefP6r
        7NC0aoRaumg=
        -----END CERTIFICATE-----
        """

    /// The key of valid and expired.
    static let key = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEILGC+e0f2RwfCwhj5ig08i4sgu5IwkpgNS+OvqKX8FzZoAoGCCqGSM49
        AwEHoUQDQgAERebHFRcya2iIXwu6IgFrAU4OE93r62chTnIQc1OZd2rvRtsCAiGa
        +oB7dB4/MWiZJAKXGCDAvTrA1s69YTAOWQ==
        -----END EC PRIVATE KEY-----
        """
}
