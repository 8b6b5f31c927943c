// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of the house is compiled with: warnings are errors, C is visible as `unsafe`.
let house: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
  .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
]

/// The C++ shims: exceptions never cross into Swift, so every function in them is `noexcept` at its border.
let shim: [CXXSetting] = [.unsafeFlags(["-O2", "-fvisibility=hidden", "-Wall", "-Wextra"])]

func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: house)
}

func proof(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

let package = Package(
  name: "gatehouse",
  products: [.executable(name: "gatehouse", targets: ["Gatehouse"])],
  targets: [
    // System libraries, each imported by exactly one Swift target; libcurl by two, for the web and for mail.
    .target(
      name: "CBeast", path: "Sources/C/CBeast", cxxSettings: shim,
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(
      name: "CSimdjson", path: "Sources/C/CSimdjson", cxxSettings: shim,
      linkerSettings: [.linkedLibrary("simdjson")]),
    .target(
      name: "CTemplate", path: "Sources/C/CTemplate", cxxSettings: shim,
      linkerSettings: [.linkedLibrary("ctemplate")]),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CArgon2", path: "Sources/C/CArgon2", pkgConfig: "libargon2",
      providers: [.apt(["libargon2-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/C/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CQREncode", path: "Sources/C/CQREncode", pkgConfig: "libqrencode",
      providers: [.apt(["libqrencode-dev"])]),
    .systemLibrary(
      name: "CCBOR", path: "Sources/C/CCBOR", pkgConfig: "libcbor", providers: [.apt(["libcbor-dev"])]),
    .systemLibrary(
      name: "CPCRE2", path: "Sources/C/CPCRE2", pkgConfig: "libpcre2-8",
      providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),

    // The ground floor.
    room("World"),
    room("Threads", ["CLinux"]),
    room("JSON", ["CSimdjson"]),
    room("Words"),
    room("Patterns", ["CPCRE2"]),
    room("JSONSchema", ["JSON", "Patterns", "Words"]),
    room("Policies", ["JSON", "JSONSchema", "Patterns", "World"]),
    room("HTTP"),
    room("Telemetry", ["JSON", "World"]),
    room("Crypto", ["COpenSSL", "CArgon2", "Threads", "World"]),
    room("Storage", ["CSQLite", "Threads", "World", "Telemetry"]),
    room("HTTPServer", ["CBeast", "Threads", "HTTP", "World", "Telemetry"]),
    room("HTTPClient", ["CCurl", "Threads", "Crypto", "HTTP"]),
    room("Mail", ["CCurl", "Threads", "Crypto", "JSON", "Storage", "Telemetry", "World"]),
    room("Schedules", ["JSON", "Storage", "Telemetry", "World"]),
    room("QRCode", ["CQREncode"]),
    room("CBOR", ["CCBOR"]),

    // Who is it, who may get a token.
    room("OAuth", ["HTTP", "JSON", "Crypto", "World"]),
    room("WebAuthn", ["CBOR", "JSON", "Crypto"]),
    room("Accounts", ["OAuth", "Storage", "Crypto", "HTTP", "JSON", "WebAuthn", "World"]),
    .target(
      name: "Templates", path: "Templates", resources: [.embedInCode("Pages")],
      swiftSettings: house),
    room("Pages", ["CTemplate", "Templates", "HTTP", "World"]),
    room(
      "AuthorizationServer",
      [
        "Accounts", "OAuth", "Storage", "Crypto", "HTTP", "HTTPClient", "JSON", "Pages", "QRCode",
        "Telemetry",
        "WebAuthn", "World",
      ]),
    room(
      "Authentication",
      ["Accounts", "OAuth", "Storage", "Crypto", "HTTP", "JSON", "Telemetry", "World"]),

    // May they, now, this much; and what they came for.
    room(
      "Governance",
      [
        "Authentication", "Accounts", "OAuth", "Storage", "Crypto", "HTTP", "JSON", "JSONSchema", "Policies",
        "Telemetry",
        "World",
      ]),
    room("Tasks", ["Storage", "Crypto", "JSON", "Telemetry", "World"]),
    room(
      "Notifications",
      [
        "Governance", "Accounts", "HTTPClient", "HTTP", "Mail", "Pages", "Crypto", "JSON", "Storage",
        "Telemetry", "World",
      ]),
    room("Records", ["Storage", "JSON", "Words", "World"]),
    .target(
      name: "Demo", dependencies: ["Records", "Storage", "JSON", "World"],
      resources: [.embedInCode("Models")], swiftSettings: house),
    room(
      "Tools",
      [
        "Governance", "Authentication", "Accounts", "Records", "Tasks", "Crypto", "OAuth", "JSON", "Words",
        "World",
      ],
      resources: [.embedInCode("Apps/Views")]),
    room(
      "MCP",
      [
        "Tools", "Governance", "Authentication", "Tasks", "OAuth", "Crypto", "HTTP", "JSON", "Telemetry",
        "World",
      ]),
    room(
      "Console",
      [
        "AuthorizationServer", "Governance", "Accounts", "OAuth", "Storage", "Crypto", "HTTP", "JSON",
        "Pages",
        "QRCode", "Telemetry", "WebAuthn", "World",
      ]),

    .executableTarget(
      name: "Gatehouse",
      dependencies: [
        "MCP", "AuthorizationServer", "Console", "Tools", "Governance", "Authentication", "Records", "Tasks",
        "Demo", "Accounts", "OAuth", "Policies", "Storage", "Crypto", "HTTPServer", "HTTPClient", "HTTP",
        "JSON",
        "Mail",
        "Notifications",
        "Pages",
        "Schedules",
        "Telemetry", "Threads", "Words", "World",
      ],
      swiftSettings: house),

    .executableTarget(
      name: "ConformanceServer",
      dependencies: [
        "MCP", "Tools", "Governance", "Authentication", "Accounts", "OAuth", "Storage", "Crypto", "Tasks",
        "HTTPServer",
        "HTTP", "JSON", "Support", "Telemetry", "World",
      ], path: "Tests/ConformanceServer", swiftSettings: house),
    .executableTarget(
      name: "store-rate", dependencies: ["Storage", "Crypto", "Telemetry", "World"],
      path: "Benchmarks/StoreRate", swiftSettings: house),

    .executableTarget(
      name: "audit-rate", dependencies: ["Governance", "Storage", "Crypto", "Telemetry", "World"],
      path: "Benchmarks/AuditRate", swiftSettings: house),
    .executableTarget(
      name: "governance-rate",
      dependencies: [
        "Accounts", "Authentication", "Crypto", "Governance", "HTTP", "JSON", "OAuth", "Storage", "Telemetry",
        "World",
      ], path: "Benchmarks/GovernanceRate", swiftSettings: house),
    .executableTarget(
      name: "schema-rate", dependencies: ["JSON", "JSONSchema"], path: "Benchmarks/SchemaRate",
      swiftSettings: house),

    // Tests: a target each, the whole house over a real socket, and the program itself.
    .target(
      name: "Support", dependencies: ["HTTP", "HTTPServer", "JSON"], path: "Tests/Support",
      swiftSettings: house),
    proof("WorldTests", ["World"]),
    proof("ThreadsTests", ["Threads"]),
    proof("HTTPTests", ["HTTP", "World"]),
    proof("HTTPServerTests", ["HTTPServer", "HTTP", "Telemetry", "World"]),
    proof("HTTPClientTests", ["HTTPClient", "HTTPServer", "HTTP", "Support"]),
    proof("JSONTests", ["JSON"]),
    proof("PoliciesTests", ["Policies", "JSON", "JSONSchema", "World"]),
    proof("PatternsTests", ["Patterns"]),
    proof("JSONSchemaTests", ["JSONSchema", "JSON", "Threads"]),
    proof("CryptoTests", ["Crypto", "World"]),
    proof("TelemetryTests", ["Telemetry", "JSON", "World"]),
    proof("StorageTests", ["Storage", "Telemetry", "World"]),
    proof("CBORTests", ["CBOR"]),
    proof(
      "WebAuthnTests",
      ["WebAuthn", "Accounts", "AuthorizationServer", "Crypto", "Storage", "Telemetry", "World"]),
    proof("AccountsTests", ["Accounts", "Crypto", "HTTP", "QRCode", "Storage", "Telemetry", "World"]),
    proof("MailTests", ["Mail", "Accounts", "Crypto", "Storage", "Telemetry", "World"]),
    proof("SchedulesTests", ["Schedules", "JSON", "Storage", "Telemetry", "World"]),
    proof(
      "NotificationsTests",
      [
        "Notifications", "Governance", "Accounts", "Crypto", "HTTPClient", "HTTP", "JSON", "Mail", "Storage",
        "Support", "Telemetry", "World",
      ]),
    proof("OAuthTests", ["OAuth", "HTTP", "JSON", "Crypto", "World"]),
    proof("PagesTests", ["Pages", "HTTP", "World"]),
    proof("RecordsTests", ["Records", "Demo", "Storage", "Support", "Telemetry", "JSON", "World"]),
    proof(
      "GovernanceTests",
      [
        "Governance", "Authentication", "Accounts", "OAuth", "Storage", "Crypto", "HTTP", "JSON", "Policies",
        "Support",
        "Telemetry",
        "World",
      ]),
    proof(
      "ToolsTests",
      [
        "Tools", "Governance", "Authentication", "Records", "Demo", "Accounts", "OAuth", "Storage", "JSON",
        "Tasks", "Telemetry", "World",
      ]),
    proof("TasksTests", ["Tasks", "Accounts", "JSON", "Storage", "Telemetry", "World"]),
    proof(
      "MCPTests",
      [
        "MCP", "Tools", "Governance", "Authentication", "Accounts", "OAuth", "Storage", "Crypto", "HTTP",
        "JSON", "Tasks",
        "Telemetry", "World",
      ]),
    proof(
      "AuthorizationServerTests",
      [
        "AuthorizationServer", "Authentication", "Accounts", "OAuth", "Storage", "Crypto", "HTTP",
        "HTTPClient", "JSON", "Pages", "Telemetry", "WebAuthn", "World",
      ]),
    proof(
      "GatehouseTests",
      [
        "Gatehouse", "MCP", "AuthorizationServer", "Console", "Tools", "Governance", "Policies",
        "Authentication",
        "Records", "Demo", "Accounts", "OAuth", "Storage", "Crypto", "HTTPServer", "HTTP", "JSON",
        "Pages", "Support", "Telemetry", "World",
      ]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Accounts", "AuthorizationServer", "CBOR", "Crypto", "HTTP", "HTTPClient", "HTTPServer", "JSON",
        "JSONSchema", "OAuth",
        "Records", "Support", "WebAuthn", "World",
      ], path: "Fuzz/Targets", swiftSettings: house),
    proof("FuzzTests", ["FuzzTargets", "Crypto", "HTTP", "JSON", "OAuth", "World"]),
    proof(
      "AcceptanceTests",
      [
        "Gatehouse", "Support", "Crypto", "HTTP", "HTTPServer", "JSON", "OAuth", "Storage", "Telemetry",
        "World",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

// libFuzzer's driver, which `Fuzz/run` alone builds: it has to be instrumented and linked with libFuzzer.
if Context.environment["GATEHOUSE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Driver", swiftSettings: house,
      linkerSettings: [.unsafeFlags(["-Xlinker", Context.environment["GATEHOUSE_FUZZ"] ?? ""])]))
}
