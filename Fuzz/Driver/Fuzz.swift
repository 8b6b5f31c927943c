internal import FuzzTargets
internal import Glibc
internal import Synchronization

/// libFuzzer around one target: `fuzz TARGET` and then whatever libFuzzer takes. `fuzz list` names the targets.
///
/// Only built by `Fuzz/run`, since it has to be instrumented and linked with libFuzzer.
@main struct Fuzz {
  /// The target that is driven; libFuzzer's callback has no context.
  static let target = Mutex<FuzzTarget?>(nil)

  static func main() {
    let words = CommandLine.arguments
    guard words.count > 1, let target = FuzzTarget.all.first(where: { $0.name == words[1] }) else {
      for target in FuzzTarget.all { print(target.name) }
      exit(words.dropFirst().first == "list" ? 0 : 64)
    }
    Self.target.withLock { $0 = target }
    var arguments = unsafe ([words[0]] + words.dropFirst(2)).map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    var count = Int32(words.count - 1)
    unsafe arguments.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      exit(unsafe runDriver(&count, &start, fuzzOne))
    }
  }
}

/// `LLVMFuzzerRunDriver` of libFuzzer: drives until the time is up or something is found.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
  guard let target = Fuzz.target.withLock({ $0 }) else { return -1 }
  do { try target.check(input) } catch {
    print("\(target.name): \(error)")
    fflush(nil)
    // What libFuzzer takes for a crash, and keeps the input of.
    abort()
  }
  return 0
}
