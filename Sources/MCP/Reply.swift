internal import JSON

/// The text of answers, put together from parts that are text already.
enum Reply {
  /// An object's members without its braces.
  static func members(_ object: JSONObject) -> [UInt8] { Array(object.serialized().dropFirst().dropLast()) }

  /// A whole JSON-RPC result response.
  static func result(_ members: [UInt8], id: RequestID) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(members.count + 128)
    bytes += Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    bytes += id.json.serialized()
    bytes += Array(#","result":{"#.utf8)
    bytes += members
    bytes += Array("}}".utf8)
    return bytes
  }
}
