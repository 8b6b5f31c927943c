package import JSON

/// What a client may be able to be asked (`ClientCapabilities`).
package enum ClientCapability: Sendable, Hashable, CaseIterable {
  /// A form for its person.
  case form
  /// A page that its person is sent to.
  case page
  /// A completion by its model.
  case sampling
  /// Which directories it works in.
  case roots

  /// As `ClientCapabilities` has it.
  package var object: JSONObject {
    switch self {
    case .form: ["elicitation": [:]]
    case .page: ["elicitation": ["url": [:]]]
    case .sampling: ["sampling": [:]]
    case .roots: ["roots": [:]]
    }
  }
}

/// Something that a tool asks its client in the middle of a call.
package struct Question: Sendable {
  /// What tells the answer from others of the same call.
  package let key: String
  package let capability: ClientCapability
  /// The protocol's method, such as `elicitation/create`.
  package let method: String
  package let params: JSONObject

  private init(_ key: String, _ capability: ClientCapability, _ method: String, _ params: JSONObject) {
    self.key = key
    self.capability = capability
    self.method = method
    self.params = params
  }

  /// One that was kept, as its method and params.
  ///
  /// - Parameter meta: what `_meta` of the request holds.
  /// - Returns: nil for a request that is no question.
  package init?(_ key: String, _ request: JSONValue, meta: JSONObject) {
    guard let method = request["method"]?.string else { return nil }
    var params = request["params"]?.object ?? JSONObject()
    let capability: ClientCapability
    switch method {
    case "elicitation/create": capability = params["mode"] == "url" ? .page : .form
    case "sampling/createMessage": capability = .sampling
    case "roots/list": capability = .roots
    default: return nil
    }
    params["_meta"] = .object(meta)
    self.init(key, capability, method, params)
  }

  /// A form for the person. Servers MUST NOT ask for secrets by it (client/elicitation, "Security").
  ///
  /// - Parameter schema: an object schema whose properties are strings, numbers, truth values and choices.
  package static func form(_ key: String, _ message: String, _ schema: JSONObject) -> Question {
    Question(
      key, .form, "elicitation/create", ["message": .string(message), "requestedSchema": .object(schema)])
  }

  /// A page that the person is sent to. What was done there is never in the answer, which says only that they went.
  package static func page(_ key: String, _ message: String, url: String) -> Question {
    Question(
      key, .page, "elicitation/create", ["mode": "url", "message": .string(message), "url": .string(url)])
  }

  /// A completion by the client's model.
  package static func sampling(_ key: String, _ text: String, maximumTokens: Int) -> Question {
    Question(
      key, .sampling, "sampling/createMessage",
      [
        "messages": [["role": "user", "content": ["type": "text", "text": .string(text)]]],
        "maxTokens": .integer(Int64(maximumTokens)),
      ])
  }

  /// The directories that the client works in.
  package static func roots(_ key: String) -> Question { Question(key, .roots, "roots/list", [:]) }
}

/// What a client answered. Its word, and nobody else's: it decides nothing that the caller could not decide.
package struct Answer: Sendable {
  package let object: JSONObject

  package init(_ object: JSONObject) { self.object = object }

  /// `accept`, `decline` or `cancel`, of a form or a page.
  package var action: String? { object["action"]?.string }
  package var isAccepted: Bool { action == "accept" }
  /// What the person filled in.
  package var content: JSONObject { object["content"]?.object ?? JSONObject() }
  /// What the model wrote.
  package var text: String? {
    let content = object["content"]
    return content?["text"]?.string ?? content?.array?.compactMap { $0["text"]?.string }.first
  }
  package var roots: [JSONValue] { object["roots"]?.array ?? [] }
}

/// Why a tool that asked got no answer. A tool lets it through; what it means is the protocol's to say.
package enum Interruption: Error, Sendable {
  /// The client is asked by this call's answer, and comes again.
  case inputRequired([Question])
  /// The client never said that it can be asked so.
  case unsupported([ClientCapability])
  /// The client said that it failed, in its own words.
  case failed(String)
  /// The client did not answer in time, or not so that it could be read.
  case unanswered
  /// The client no longer waits.
  case cancelled
}

extension ToolResult {
  /// For a client that can't be told otherwise.
  package init(_ interruption: Interruption) {
    self =
      switch interruption {
      case .inputRequired, .unsupported:
        .failure(
          "client_cannot_be_asked",
          "This tool has to ask something in the middle of the call, and this client can't be asked.",
          hint: "Use a client that supports elicitation, sampling or roots, or another tool.")
      case .failed(let words):
        .failure("client_refused", "The client was asked and failed: \(words.prefix(200))")
      case .unanswered:
        .failure("client_did_not_answer", "The client was asked and did not answer.", hint: "Call again.")
      case .cancelled: .failure("cancelled", "The call was cancelled.")
      }
  }
}
