internal import CBeast
internal import HTTP

/// One request that waits for its answer. The C side keeps it until `respond` or the end of its stream, which comes
/// once; it is used on the thread of its loop only, where the worker's isolation keeps it.
@safe struct Exchange: @unchecked Sendable {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

  /// What became of an answer.
  enum Outcome {
    case taken
    /// The client left before.
    case gone
    /// It can't be written; the request still waits.
    case unclean

    init(_ outcome: beast_outcome) {
      self =
        switch outcome {
        case BEAST_TAKEN: .taken
        case BEAST_UNCLEAN: .unclean
        default: .gone
        }
    }
  }

  var peer: IPAddress { IPAddress(unsafe beast_exchange_peer(pointer)) }

  var isHead: Bool { unsafe beast_exchange_is_head(pointer) != 0 }

  /// As far as the head was read; nil when there is none, or its target has no known form.
  var path: String? { unsafe String(beast_exchange_target(pointer)).flatMap { RequestTarget($0)?.path } }

  /// Copies the request out of the connection's buffers, while they are there.
  ///
  /// - Returns: nil when the target has no known form, or a field is no UTF-8.
  func request(_ room: FieldRoom) -> Request? {
    guard let method = unsafe String(beast_exchange_method(pointer)),
      let text = unsafe String(beast_exchange_target(pointer)), let target = RequestTarget(text)
    else { return nil }
    let count = unsafe beast_exchange_fields(pointer, room.fields)
    var fields = Fields()
    fields.reserve(count)
    for index in 0..<count {
      let field = unsafe room.fields[index]
      guard let value = unsafe String(field.value) else { return nil }
      fields.append(lowercase: unsafe String(lowercasing: field.name), value)
    }
    // RFC 9112 §3.2.2: a target with an authority overrules the Host field.
    if let authority = target.authority { fields["host"] = authority }
    let body = unsafe beast_exchange_body(pointer)
    return Request(
      method: Method(method), path: target.path, query: target.query, fields: fields,
      body: unsafe Array(UnsafeBufferPointer(start: body.bytes, count: body.count)),
      peer: peer)
  }

  /// - Parameter body: nil leaves the length out.
  func respond(_ head: borrowing HeadText, _ body: [UInt8]?) -> Outcome {
    unsafe head.withHead(hasLength: body != nil) { head in
      let body = body ?? []
      return unsafe Outcome(beast_respond(pointer, head, body, body.count))
    }
  }

  /// The C side retains the stream until one of `endStream` and the event `ended`.
  func startStream(_ head: borrowing HeadText, _ stream: Stream) -> Outcome {
    unsafe head.withHead(hasLength: false) { head in
      let retained = unsafe Unmanaged.passRetained(stream)
      let outcome = unsafe Outcome(beast_stream_start(pointer, head, retained.toOpaque()))
      if outcome != .taken { unsafe retained.release() }
      return outcome
    }
  }

  /// - Returns: how many bytes are queued; less than 0 when nothing can be written any more.
  func write(_ bytes: [UInt8]) -> Int64 { unsafe beast_stream_write(pointer, bytes, bytes.count) }

  /// - Returns: whether this ended it; if not, `ended` was called before.
  func endStream(_ stream: Stream) -> Bool {
    guard unsafe beast_stream_end(pointer) != 0 else { return false }
    unsafe Unmanaged.passUnretained(stream).release()
    return true
  }
}
