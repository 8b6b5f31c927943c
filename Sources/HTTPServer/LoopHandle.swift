internal import CBeast
internal import HTTP

/// The C side of a loop. Everything but `init` and `wake` happens on the loop's thread.
@safe struct LoopHandle: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

  /// Whether it was told to stop, and no connection is left.
  var isStopped: Bool { unsafe beast_loop_is_stopped(pointer) != 0 }

  func run(waits: Bool) { unsafe beast_loop_run(pointer, waits ? 1 : 0) }
  /// Ends a wait; from any thread, as long as the loop is not freed.
  func wake() { unsafe beast_loop_wake(pointer) }
  func renew(_ certificate: Certificate) { unsafe beast_loop_renew(pointer, certificate.handle) }
  func stop(grace: Duration) { unsafe beast_loop_stop(pointer, grace.milliseconds) }
  func free() { unsafe beast_loop_free(pointer) }
}

/// Room for the fields of one request.
@safe final class FieldRoom {
  let fields: UnsafeMutablePointer<beast_field>

  init(_ count: Int) { unsafe fields = .allocate(capacity: max(1, count)) }
  deinit { unsafe fields.deallocate() }
}

extension beast_limits {
  init(_ configuration: Server.Configuration) {
    self.init(
      head: max(1, configuration.headLimit), fields: max(1, configuration.fieldLimit),
      body: UInt64(max(0, configuration.bodyLimit)),
      bodies: max(0, configuration.unfinishedBodyLimit) / max(1, configuration.loops),
      small: max(0, configuration.smallBody), stream: max(0, configuration.streamLimit),
      linger: max(0, configuration.lingerLimit), head_time: configuration.headTime.milliseconds,
      body_time: configuration.bodyTime.milliseconds, idle_time: configuration.idleTime.milliseconds,
      write_time: configuration.writeTime.milliseconds, linger_time: configuration.lingerTime.milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds, at least one and at most 49 days.
  fileprivate var milliseconds: UInt32 {
    UInt32(clamping: max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
  }
}

extension beast_events {
  /// Each event goes to the worker that the context stands for; all come on the thread of its loop.
  static var worker: beast_events {
    unsafe beast_events(
      opened: { context, peer in
        unsafe Worker.of(context)?.assumeIsolated { $0.opened(IPAddress(peer)) } == true ? 0 : 503
      },
      closed: { context, peer in unsafe Worker.of(context)?.assumeIsolated { $0.closed(IPAddress(peer)) } },
      requested: { context, exchange in
        guard let exchange = unsafe exchange.map(Exchange.init) else { return }
        unsafe Worker.of(context)?.assumeIsolated { $0.requested(exchange) }
      },
      refused: { context, exchange, status, reason in
        guard let exchange = unsafe exchange.map(Exchange.init), let reason = unsafe reason else { return }
        let text = unsafe String(cString: reason)
        unsafe Worker.of(context)?.assumeIsolated { $0.refused(exchange, status: Int(status), reason: text) }
      },
      troubled: { context, what in
        guard let what = unsafe what else { return }
        let text = unsafe String(cString: what)
        unsafe Worker.of(context)?.assumeIsolated { $0.troubled(text) }
      },
      drained: { stream in
        guard let stream = unsafe stream else { return }
        let open = unsafe Unmanaged<Stream>.fromOpaque(stream).takeUnretainedValue()
        open.worker.assumeIsolated { $0.drained(open.number) }
      },
      ended: { stream in
        guard let stream = unsafe stream else { return }
        let open = unsafe Unmanaged<Stream>.fromOpaque(stream).takeRetainedValue()
        open.worker.assumeIsolated { $0.ended(open.number) }
      })
  }
}

extension Worker {
  fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> Worker? {
    unsafe context.map { unsafe Unmanaged<Worker>.fromOpaque($0).takeUnretainedValue() }
  }
}

extension IPAddress {
  init(_ address: beast_address) { self.init(high: address.high, low: address.low) }
}

extension String {
  /// - Returns: nil when the bytes are no UTF-8.
  init?(_ text: beast_text) {
    unsafe self.init(validating: UnsafeBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
  }

  /// The name of a field, whose characters are ASCII, in lower case.
  init(lowercasing text: beast_text) {
    unsafe self.init(unsafeUninitializedCapacity: text.count) { room in
      for index in unsafe 0..<text.count {
        let byte = unsafe text.bytes[index]
        unsafe room[index] = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
      }
      return unsafe text.count
    }
  }
}
