internal import Glibc

/// A program that was started; it is waited for by whoever started it.
struct Child: Sendable {
  let id: pid_t

  struct Failure: Error { let code: Int32 }

  init(
    _ path: String, _ arguments: [String], _ environment: [String: String], input: String = "/dev/null",
    output: String, errors: String
  ) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    for (file, name) in [(1, output), (2, errors)] as [(Int32, String)] {
      unsafe posix_spawn_file_actions_addopen(&actions, file, name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") }
    unsafe variables.append(nil)
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var id: pid_t = 0
    let code = unsafe posix_spawn(&id, path, &actions, nil, words, variables)
    guard code == 0 else { throw Failure(code: code) }
    self.id = id
  }

  var isAlive: Bool {
    var status: Int32 = 0
    return unsafe waitpid(id, &status, WNOHANG) == 0
  }

  /// Waits for its end.
  func wait() -> Int32 {
    var status: Int32 = 0
    guard unsafe waitpid(id, &status, 0) == id else { return -1 }
    return status
  }
}
