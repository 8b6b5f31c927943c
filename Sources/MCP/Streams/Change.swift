internal import JSON

/// Something that clients asked to be told of.
package enum Change: Sendable, Hashable {
  case tools
  case prompts
  case resources
  /// A resource is not what it was.
  case resource(uri: String)

  /// The notification's method.
  var method: String {
    switch self {
    case .tools: "notifications/tools/list_changed"
    case .prompts: "notifications/prompts/list_changed"
    case .resources: "notifications/resources/list_changed"
    case .resource: "notifications/resources/updated"
    }
  }

  /// The whole notification.
  ///
  /// - Parameter subscription: the id of the `subscriptions/listen` that it goes to; nil before 2026-07-28.
  func message(to subscription: RequestID? = nil) -> [UInt8] {
    var params = JSONObject()
    if let subscription { params["_meta"] = ["io.modelcontextprotocol/subscriptionId": subscription.json] }
    if case .resource(let uri) = self { params["uri"] = .string(uri) }
    return Notification.text(method, params)
  }
}

/// A JSON-RPC notification.
enum Notification {
  static func text(_ method: String, _ params: JSONObject) -> [UInt8] {
    var message: JSONObject = ["jsonrpc": "2.0", "method": .string(method)]
    if !params.isEmpty { message["params"] = .object(params) }
    return message.serialized()
  }
}
