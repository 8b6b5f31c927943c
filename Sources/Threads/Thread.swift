internal import CLinux
internal import Glibc

/// A thread of the operating system, for work that must not run on Swift's own pool: an event loop, the one
/// writer of a database, a password hash.
package enum Thread {
  /// Starts a detached thread that runs `body` once.
  ///
  /// - Parameters:
  ///   - name: shown by `ps -L` and debuggers; the kernel keeps its first 15 bytes.
  ///   - body: what the thread does; the thread ends when it returns.
  /// - Throws: `ThreadError` when the system has no room for one more thread.
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    _ = unsafe pthread_attr_init(&attributes)
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    _ = unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    _ = unsafe pthread_attr_setstacksize(&attributes, 1 << 20)
    let code = unsafe pthread_create(
      &thread, &attributes,
      { context in
        guard let context = unsafe context else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        _ = unsafe start.name.withCString { unsafe gatehouse_name_thread($0) }
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      unsafe start.release()
      throw ThreadError(code: code)
    }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}

/// The system refused a thread.
package struct ThreadError: Error, CustomStringConvertible {
  /// The `errno` value.
  package let code: Int32
  package var description: String { "no thread could be started (errno \(code))" }
}
