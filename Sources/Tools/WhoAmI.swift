internal import Authentication
package import Governance
internal import JSON
internal import OAuth
internal import World

/// Tool 53, `whoami`: under whose name and rights this connection works, and what it has left.
package struct WhoAmI: Tool {
  package init() {}

  package let definition = ToolDefinition(
    name: "whoami", title: "Who am I",
    description: """
      Tells under whose name and rights you work: the person, their company, this connection, its scopes, the tools \
      and models that it may use, and how many calls are left this minute. Use it first when a call was refused, or \
      to learn what "my" means in a question. It changes nothing.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    results: [
      .required(
        "user",
        .record([
          .required("id", .integer(), ""), .required("login", .text, ""), .required("name", .text, ""),
          .required("groups", .array(of: .text), "Groups of the person, such as sales/user"),
          .required("is_administrator", .boolean, ""),
        ]), "The person under whose rights everything runs"),
      .required(
        "company",
        .record([
          .required("id", .either([.integer(), .null]), "The current company"),
          .required("ids", .array(of: .integer()), "Every company that the person may see"),
        ]), "Companies"),
      .required(
        "connection",
        .record([
          .required("id", .text, ""), .required("name", .text, ""),
          .required("client_id", .either([.text, .null]), "The OAuth client; null for an API key"),
          .required("credential", .choice(["access_token", "api_key"]), ""),
        ]), "The link between the person and this AI tool"),
      .required("scopes", .array(of: .text), "What the connection was granted"),
      .required(
        "allowed_tools", .either([.array(of: .text), .null]),
        "Names of the only tools it may use; null for all"),
      .required(
        "allowed_models", .either([.array(of: .text), .null]),
        "Names of the only models it may use; null for all"),
      .required(
        "limits",
        .array(
          of: .record([
            .required("name", .text, "per_minute, per_day, global/…, or the rule of a policy"),
            .required("limit", .integer(), "Tool calls, or what the rule counts, in the window"),
            .required("remaining", .integer(), "Left after this one"),
            .required("window_seconds", .integer(), "How long the window is"),
            .required("resets_at", .text, "When the count starts anew, RFC 3339 in UTC"),
          ])), "What is left of each limit that this call was counted for; empty for none"),
    ], taskSupport: .forbidden)

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let caller = permit.caller
    let names = { (names: Set<String>?) -> JSONValue in
      names.map { .array($0.sorted().map { .string($0) }) } ?? .null
    }
    let structured: JSONObject = [
      "user": [
        "id": .integer(caller.userID), "login": .string(caller.login), "name": .string(caller.userName),
        "groups": .array(caller.groups.map { .string($0) }),
        "is_administrator": .bool(caller.isAdministrator),
      ],
      "company": [
        "id": caller.companyID.map { .integer($0) } ?? .null,
        "ids": .array(caller.companyIDs.map { .integer($0) }),
      ],
      "connection": [
        "id": .string(caller.connectionID), "name": .string(caller.connectionName),
        "client_id": caller.clientID.map { .string($0) } ?? .null,
        "credential": .string(caller.credential.rawValue),
      ],
      "scopes": .array(caller.scopes.scopes.map { .string($0.rawValue) }),
      "allowed_tools": names(caller.allowedTools),
      "allowed_models": names(caller.allowedModels),
      "limits": .array(
        permit.allowances.map { allowance in
          [
            "name": .string(allowance.name), "limit": .integer(Int64(allowance.limit)),
            "remaining": .integer(Int64(allowance.remaining)),
            "window_seconds": .integer(allowance.window.components.seconds),
            "resets_at": .string(allowance.resetsAt.rfc3339),
          ]
        }),
    ]
    return ToolResult(structured, text: "You work as \(caller.userName) (\(caller.login)).")
  }
}
