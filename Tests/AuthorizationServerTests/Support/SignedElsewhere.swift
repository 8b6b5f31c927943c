/// Keys and assertions that another library made (PyJWT on cryptography), for the clock's first five minutes, from
/// `https://client.example/app.json` for `https://gate.example`.
enum SignedElsewhere {
  static let rsaKey =
    #"{"kty":"RSA","kid":"r1","use":"sig","alg":"RS256","n":"mQebnAMb7EvZKmXLO0JWL8MQiAQlmyCKA2KzSI6hjm-zc"#
    + #"S_CnDDNjAXjHiryl_aE6yc6IKYY3KE7SBD3UFh8IJCTHHNExEbdwVXrtTgYknGvxSVQ7ghtEZwAn2IBXikEpcUbRUhLFPc7SYiK1"#
    + #"DSqVu6FmEpAvwG6NGhrxsIbNCtchmVXVEPoK_QsBWJZlXzUACALvMSdeQEYbEVJaO-zOyyTTt8APsuUavCNiHrG8VLSzpF0InzdS"#
    + #"ylp0C95osHQXI9jFu_WSaLqvuXMAyVFAxAzy_laiiQoDngPF2-njOY_k8Do1ZkOttfNLRTaaaO1hHTyKngBOH81DCiNPGbsAw",""#
    + #"e":"AQAB"}"#
  static let ed25519Key =
    #"{"kty":"OKP","crv":"Ed25519","kid":"e1","x":"tPNVdJLXu6QRJOoErlWGPy2p4iRbEKnvT3Y-AyaNd4w"}"#
  static let rs256 =
    #"eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2NsaWVudC5leGFtcGxlL2FwcC5q"#
    + #"c29uIiwic3ViIjoiaHR0cHM6Ly9jbGllbnQuZXhhbXBsZS9hcHAuanNvbiIsImF1ZCI6Imh0dHBzOi8vZ2F0ZS5leGFtcGxlIiwi"#
    + #"aWF0IjoxNzk1MDAwMDAwLCJleHAiOjE3OTUwMDAzMDAsImp0aSI6InItMSJ9.NBAiOHrqnBZo4ashsWSs7pGhaBWnEL3hjS3n6tQ"#
    + #"RiYWNI-G-C3q-bGcu5ovur4fvP__93XJYnSS6-Jzwp6jLL2HCwIJxlzRDs9WWaqbdOPORqKwK69gpDcpoSfRQxA-8hoUr-CX4gQf"#
    + #"k5T6yzkphqnVwZEcO4Ni2l6hTI4NmBS-28zXBcERz3iPEZq-51mceUAysCCwZ7imgcsMe9v-FOrov-kMcHzQ7CxZ7PqwH9U53paq"#
    + #"gzAdVSWK82Sv7UVyg4JDe9jwCjy04bUUjF-uW1lOuFGb_nhZXqR5XCfOuHUwSfaZhoNsCSFhlB_YWYrqi69Acyz0DNaJYyA9lxoy"#
    + #"09g"#
  static let edDSA =
    #"eyJhbGciOiJFZERTQSIsImtpZCI6ImUxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2NsaWVudC5leGFtcGxlL2FwcC5q"#
    + #"c29uIiwic3ViIjoiaHR0cHM6Ly9jbGllbnQuZXhhbXBsZS9hcHAuanNvbiIsImF1ZCI6Imh0dHBzOi8vZ2F0ZS5leGFtcGxlIiwi"#
    + #"aWF0IjoxNzk1MDAwMDAwLCJleHAiOjE3OTUwMDAzMDAsImp0aSI6ImUtMSJ9.Qj8Fz0yhczz2FDOIxkb1diqKhR6Cbauy3XM-Clz"#
    + #"9OzU5ywahB6VcteQPphiX7zUDcQGwxHzxIyBbq7eraJZEAQ"#
  /// A modulus of 1024 bits.
  static let shortModulus =
    #"panodfEPzhXOC1Mincqvmp1oa_OBeX4xvXsikr0RRMB4LGFXi-XcftGYRcr1NbEg94DX5YkTinLH1bnzaWTYWo57jXL1kPK9Phxh"#
    + #"Qvz2ZEr_qf5Hv7-P3vAEIU0yaYHd_YdZs2tSvOaKDwSPW4Lx9NhiSKC5SHPb8oXTZ9CisPU"#
}
