internal import HTTP
internal import Synchronization

/// The handler's end of a streamed answer; may be used from anywhere.
final class Stream: ResponseStream {
  let number: UInt64
  let worker: Worker
  private let open = Atomic(true)

  init(_ worker: Worker, _ number: UInt64) {
    self.worker = worker
    self.number = number
  }

  var isOpen: Bool { open.load(ordering: .acquiring) }

  func write(_ bytes: [UInt8]) async -> Bool {
    guard isOpen else { return false }
    return await worker.write(bytes, to: number)
  }

  func close() { open.store(false, ordering: .releasing) }
}

/// The worker's end of it.
final class OpenStream {
  let stream: Stream
  let exchange: Exchange
  /// Writers that wait until what they queued has left.
  var waiting: [CheckedContinuation<Bool, Never>] = []

  let finishesByItself: Bool

  init(_ stream: Stream, _ exchange: Exchange, finishesByItself: Bool) {
    self.stream = stream
    self.exchange = exchange
    self.finishesByItself = finishesByItself
  }
}
