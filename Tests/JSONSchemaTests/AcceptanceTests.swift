internal import JSON
internal import JSONSchema
internal import Testing

/// Schemas, values, and whether they fit.
@Suite("JSON Schema 2020-12")
struct AcceptanceTests {
  private func check(_ schema: String, _ rows: [(String, Bool)], assertsFormats: Bool = false) throws {
    let schema = try JSONSchema(JSONValue(parsing: schema), assertsFormats: assertsFormats)
    for (text, fits) in rows {
      let value = try JSONValue(parsing: text)
      #expect(schema.accepts(value) == fits, "\(text)")
      #expect(schema.problems(of: value).isEmpty == fits, "\(text)")
    }
  }

  @Test(
    arguments: [
      (#"true"#, [("1", true)]), (#"false"#, [("1", false)]), (#"{}"#, [("null", true)]),
      (
        #"{"type":"integer"}"#,
        [("1", true), ("1.0", true), ("1.5", false), (#""1""#, false), ("1e300", true)]
      ),
      (#"{"type":["null","string"]}"#, [("null", true), (#""a""#, true), ("false", false)]),
      (#"{"type":"number"}"#, [("1", true), ("1.5", true), ("true", false)]),
      (#"{"const":{"a":[1,{"b":2}]}}"#, [(#"{"a":[1.0,{"b":2}]}"#, true), (#"{"a":[1]}"#, false)]),
      (#"{"const":0}"#, [("0.0", true), ("false", false), ("-0.0", true)]),
      (
        #"{"enum":[1,"a",null,[true]]}"#,
        [("1.0", true), ("null", true), ("[true]", true), ("[1]", false), ("false", false)]
      ),
      (
        #"{"minimum":9007199254740993}"#,
        [("9007199254740993", true), ("9007199254740992", false), ("9007199254740992.0", false)]
      ),
      (#"{"exclusiveMinimum":1,"exclusiveMaximum":2}"#, [("1", false), ("1.5", true), ("2.0", false)]),
      (#"{"maximum":-1.5}"#, [("-2", true), ("-1", false), (#""x""#, true)]),
      (
        #"{"multipleOf":0.01}"#,
        [("19.99", true), ("4.02", true), ("0.075", false), ("0", true), ("1e22", true)]
      ),
      (#"{"multipleOf":3}"#, [("9", true), ("-9", true), ("10", false), ("9.0", true)]),
      (#"{"multipleOf":1e-8}"#, [("12391239123", true), ("1e-9", false)]),
      (
        #"{"minLength":2,"maxLength":3}"#,
        [(#""é́""#, true), (#""🐲""#, false), (#""🐲🐲🐲""#, true), (#""abcd""#, false)]
      ),
      (#"{"pattern":"^a"}"#, [(#""ab""#, true), (#""ba""#, false), ("5", true)]),
      (
        #"{"uniqueItems":true}"#,
        [
          ("[1,2]", true), ("[1,1.0]", false), (#"[{"a":1,"b":2},{"b":2,"a":1}]"#, false),
          ("[0,false]", true),
        ]
      ),
      (#"{"minItems":1,"maxItems":2}"#, [("[]", false), ("[1]", true), ("[1,2,3]", false)]),
      (
        #"{"minProperties":1,"maxProperties":1}"#,
        [("{}", false), (#"{"a":1}"#, true), (#"{"a":1,"b":1}"#, false)]
      ),
      (#"{"required":["a"]}"#, [("{}", false), (#"{"a":null}"#, true), ("[]", true)]),
      (
        #"{"dependentRequired":{"a":["b"]}}"#,
        [(#"{"a":1}"#, false), (#"{"a":1,"b":1}"#, true), (#"{"b":1}"#, true)]
      ),
      (#"{"dependentSchemas":{"a":{"minProperties":2}}}"#, [(#"{"a":1}"#, false), (#"{"b":1}"#, true)]),
      (#"{"propertyNames":{"pattern":"^[a-z]+$"}}"#, [(#"{"a":1}"#, true), (#"{"A":1}"#, false)]),
    ] as [(String, [(String, Bool)])])
  func `Validation §6 assertions`(schema: String, rows: [(String, Bool)]) throws { try check(schema, rows) }

  @Test(
    arguments: [
      (
        #"{"prefixItems":[{"type":"integer"}],"items":{"type":"string"}}"#,
        [(#"[1,"a"]"#, true), ("[1,2]", false), ("[]", true)]
      ),
      (
        #"{"contains":{"const":1},"minContains":2,"maxContains":3}"#,
        [("[1]", false), ("[1,1]", true), ("[1,1,1,1]", false)]
      ),
      (#"{"contains":{"const":1},"minContains":0}"#, [("[]", true), ("[2]", true)]),
      (#"{"minContains":3}"#, [("[]", true)]),
      (
        #"{"properties":{"a":{"type":"integer"}},"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}"#,
        [(#"{"a":1,"xy":"s"}"#, true), (#"{"b":1}"#, false), (#"{"xy":1}"#, false)]
      ),
      (#"{"properties":{"é":false}}"#, [(#"{"e\u0301":1}"#, true), (#"{"\u00e9":1}"#, false)]),
      (#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, [("1", true), ("3", false)]),
      (#"{"anyOf":[{"type":"string"},{"minimum":2}]}"#, [("1", false), ("2", true), (#""""#, true)]),
      (
        #"{"oneOf":[{"type":"integer"},{"minimum":2}]}"#,
        [("1", true), ("2.5", true), ("3", false), ("1.5", false)]
      ),
      (#"{"not":{"type":"integer"}}"#, [("1", false), (#""a""#, true)]),
      (
        #"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":2}}"#,
        [("20", true), ("22", false), ("4", true), ("3", false)]
      ),
      (#"{"then":false}"#, [("1", true)]),
    ] as [(String, [(String, Bool)])])
  func `Core §10 applicators`(schema: String, rows: [(String, Bool)]) throws { try check(schema, rows) }

  @Test(
    arguments: [
      (
        #"{"properties":{"a":true},"unevaluatedProperties":false}"#,
        [(#"{"a":1}"#, true), (#"{"b":1}"#, false)]
      ),
      (
        #"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#,
        [(#"{"a":1}"#, true), (#"{"b":1}"#, false)]
      ),
      (#"{"allOf":[{"properties":{"a":true}},{"unevaluatedProperties":false}]}"#, [(#"{"a":1}"#, false)]),
      (
        #"{"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":true},"required":["b"]}],"unevaluatedProperties":false}"#,
        [(#"{"a":1}"#, true), (#"{"a":1,"b":2}"#, true), (#"{"b":2,"a":2}"#, false)]
      ),
      (
        #"{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"properties":{"b":true}},"unevaluatedProperties":false}"#,
        [(#"{"a":1,"b":2}"#, true), (#"{"a":2}"#, false), (#"{"b":2}"#, false)]
      ),
      (
        ##"{"$ref":"#/$defs/x","$defs":{"x":{"properties":{"a":true}}},"unevaluatedProperties":{"type":"string"}}"##,
        [(#"{"a":1,"b":"s"}"#, true), (#"{"b":1}"#, false)]
      ),
      (#"{"prefixItems":[true],"unevaluatedItems":false}"#, [("[1]", true), ("[1,2]", false)]),
      (#"{"contains":{"const":1},"unevaluatedItems":false}"#, [("[1,1]", true), ("[1,2]", false)]),
      (#"{"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false}"#, [(#"{"a":1}"#, false)]),
    ] as [(String, [(String, Bool)])])
  func `Core §11 unevaluated`(schema: String, rows: [(String, Bool)]) throws { try check(schema, rows) }

  @Test(
    arguments: [
      (
        ##"{"$defs":{"a b/c~d%":{"type":"integer"}},"$ref":"#/$defs/a%20b~1c~0d%25"}"##,
        [("1", true), (#""""#, false)]
      ),
      (
        ##"{"$defs":{"a":{"$anchor":"here","type":"integer"}},"$ref":"#here"}"##,
        [("1", true), (#""""#, false)]
      ),
      (
        #"{"$id":"https://x.example/root","$defs":{"a":{"$id":"leaf","type":"integer"}},"items":{"$ref":"leaf"}}"#,
        [("[1]", true), (#"[""]"#, false)]
      ),
      (
        #"{"$id":"a/","$defs":{"x":{"$id":"a/","type":"integer"}},"$ref":"a/"}"#,
        [("1", true), (#""""#, false)]
      ),
      (
        ##"{"properties":{"child":{"$ref":"#"}},"additionalProperties":false}"##,
        [(#"{"child":{"child":{}}}"#, true), (#"{"child":{"x":1}}"#, false)]
      ),
      // The extensible tree of Core §8.2.3.2: whoever comes last decides what a child is.
      (
        ##"{"$id":"https://x.example/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,"$defs":{"tree":{"$id":"https://x.example/tree","$dynamicAnchor":"node","properties":{"data":true,"children":{"items":{"$dynamicRef":"#node"}}}}}}"##,
        [(#"{"children":[{"data":1}]}"#, true), (#"{"children":[{"daat":1}]}"#, false)]
      ),
    ] as [(String, [(String, Bool)])])
  func `Core §8 references stay in the document`(schema: String, rows: [(String, Bool)]) throws {
    try check(schema, rows)
  }

  @Test(arguments: [
    ("date", "2024-02-29", true), ("date", "2023-02-29", false), ("date", "2024-2-9", false),
    ("date", "1900-02-29", false),
    ("time", "12:30:00Z", true), ("time", "23:59:60Z", true), ("time", "12:59:60Z", false),
    ("time", "12:30:00", false),
    ("date-time", "2024-01-01T00:00:00.5+02:00", true), ("date-time", "2024-01-01 00:00:00Z", false),
    ("email", "a.b+c@example.org", true), ("email", "a..b@example.org", false), ("email", "a@b@c", false),
    ("email", "a@-b", false),
    ("uri", "https://user@x.example:8080/a?b#c", true), ("uri", "urn:a:b", true), ("uri", "//x", false),
    ("uri", "https://x/ y", false),
    ("uri", "https://[::1]/", true), ("uri", "https://x:y/", false), ("ipv4", "127.0.0.1", true),
    ("ipv4", "127.0.0.01", false),
    ("uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true),
    ("uuid", "2eb8aa08aa9811eab4aa73b441d16380", false),
    ("nothing-known", "x", true),
  ])
  func `Validation §7 a format is an annotation unless it is asserted`(
    format: String, text: String, fits: Bool
  ) throws {
    let schema = JSONValue.object(["format": .string(format)])
    #expect(try JSONSchema(schema).accepts(.string(text)))
    #expect(try JSONSchema(schema, assertsFormats: true).accepts(.string(text)) == fits)
    #expect(try JSONSchema(schema, assertsFormats: true).accepts(7))
  }

  @Test func `Core §8.1.2 a dialect without the validation vocabulary asserts nothing`() throws {
    let dialect: JSONValue = [
      "$id": "https://x.example/dialect",
      "$vocabulary": [
        "https://json-schema.org/draft/2020-12/vocab/core": true,
        "https://json-schema.org/draft/2020-12/vocab/applicator": true,
        "https://json-schema.org/draft/2020-12/vocab/format-assertion": true,
      ],
    ]
    let schema = try JSONSchema(
      ["$schema": "https://x.example/dialect", "type": "integer", "items": ["format": "uuid"]],
      others: [("https://x.example/dialect", dialect)])
    #expect(schema.accepts("a"))
    #expect(!schema.accepts(["a"]))
  }
}
