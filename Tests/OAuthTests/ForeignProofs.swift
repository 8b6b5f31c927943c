/// Proofs that others made: the example of RFC 9449 §4.1, and proofs of another library (jwskate) for the clock's start.
enum ForeignProofs {
  static let rfc9449 =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklD"
    + "UkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2"
    + "R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHB"
    + "zOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8ig"
    + "iMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
  static let rs256 =
    "eyJhbGciOiJSUzI1NiIsImp3ayI6eyJrdHkiOiJSU0EiLCJuIjoiNTJncFBUdW5tVXJaSFdHdm1sNHhmNUcybXJOaFVCUzdk"
    + "VTQtNzFxQ3RVR3Z1dkVhajRpZTlHbkRTYTFhSWh3WHAxLVkxYUlweWpxNDVZeDlkdHB1NjVIaUJHMEVXQ2QtcjdOVlU4c2pU"
    + "a1Q4dG9PdUdpZTAzVjRXcU4ybHZKVFNwWGRTYVpJVFFDNl92YVZ6SVFuMG9tU0pZdDhxQWV6UG5wMU1yYmV5WXRPM3hzN2Jk"
    + "dF8yV01Ea3hwckZJM2VBVHhxVWkyX0RrbHBBRUduak8xWlgxM0R2TDc3dm9XRHpiYXZHRDdxNlk1TG0ta0gtbW1SNWNuTUx3"
    + "M05fVV9HWnVadXlYdGhGQmtBM205YWpVQ0FiRmN3WEh6UDZNQ2hOMGFNdlN4aGo4eExUTDI3UkxQZ01tczcyb0JEVVNadzI5"
    + "OHZaanVacGFNUWwzMlpvOFVvdHhRIiwiZSI6IkFRQUIifSwidHlwIjoiZHBvcCtqd3QifQ.eyJqdGkiOiJqMSIsImh0bSI6I"
    + "lBPU1QiLCJodHUiOiJodHRwczovL2dhdGUuZXhhbXBsZS9vYXV0aC90b2tlbiIsImlhdCI6MTc5NTAwMDAwMH0.JWnk39lj2"
    + "vsz8YetNTxw6Dsc1EzEAifh9U5fDsWG7WX0je_JhP4qqOtCd3bWIcSa8YAs1xt5WT7PPLDkxUqBpP4NEjTS9dm6sRjLlRmtH"
    + "HpIy_0odydBm-40JUHmbKkWUA40W1qUrFigNi0qZ14ebkVaY89qryYTUA8dvGTDXFPVgG4Ea-1wSXvbdbdfQ3siZCnl0IUxc"
    + "3Ua1TSLp1KFVHgEZVAV2h-zuqnQhtzEReQtbOIg6io3hXO5wddKgsMld5RaEn3lHfuN7-QAGrNmro8PqrUpCX5mN72GotVkm"
    + "PzZKq0Jig4FTEPBux8GaOUmi0Dw3BNwF5P17yo8UrEaOA"
  static let rs256Thumbprint = "ENoC1vxYHt2ev9cEajdiotKyV7UlfuaThvIRwWCHEYo"
  static let edDSA =
    "eyJhbGciOiJFZERTQSIsImp3ayI6eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6Ii1kanNxWkhjVmdOMmFuaHZC"
    + "emZ1b0ZzNl93VTRyX21lSnpabUx1aUtYMDgifSwidHlwIjoiZHBvcCtqd3QifQ.eyJqdGkiOiJqMSIsImh0bSI6IlBPU1QiL"
    + "CJodHUiOiJodHRwczovL2dhdGUuZXhhbXBsZS9vYXV0aC90b2tlbiIsImlhdCI6MTc5NTAwMDAwMH0.qfc8GhzxSimmjpPOc"
    + "PITuw2hOEPqMNXv1WCgexRKerbA4CRttN4d7Gs3x79BnsHk6IdzF98OG8eA8CzkQ9jVCg"
  static let edDSAThumbprint = "M1HUlUid6q841XURM0PCHNa0XCMB93eeWpNbgaVCwBs"
  static let rsa1024 =
    "eyJhbGciOiJSUzI1NiIsImp3ayI6eyJrdHkiOiJSU0EiLCJuIjoiN3BlRlVESW5YeFBTMG55RXRoaWhIOFRIdEM4QmRJeTRR"
    + "RkpuM094dUo1Z29CT0dPOThFQ3VaTWlIMjFFLWR4Ml84d1ZfSE4tc0w3a0FTenhiUkllbU1ZT2hFNHRwZ2t4VnpOUW9NdmtR"
    + "VDkzQ1liY1JqUUlOSmJqRF85OE90MXFaWkxQWlE2SzU3M2tyV21JRTdQeFM1OG5faVZBSEE0cEtKNVh3N1I0eXJjIiwiZSI6"
    + "IkFRQUIifSwidHlwIjoiZHBvcCtqd3QifQ.eyJqdGkiOiJqMSIsImh0bSI6IlBPU1QiLCJodHUiOiJodHRwczovL2dhdGUuZ"
    + "XhhbXBsZS9vYXV0aC90b2tlbiIsImlhdCI6MTc5NTAwMDAwMH0.Y0YnnkJ6v1dcn8ir1KBaBvyrouliaKdLrEMPR-4-PrPK-"
    + "bsyQgG26c_knmvtBLIHRR1vlbnn54lY7VO_oCksoJ0fkr5OSTrg35PtNrwrCkNU-tYw5e-I0QNzTZL4rUHbLQP8_qoO8BOCj"
    + "HkBQHUZk0l3FA-ufO-idTKUZima0Lc"
  static let rsa1024Thumbprint = "CQW26gin7e3GxRH9mtilEMf2NKNRDV5McbHXy41MpIM"
}
