/// Bytes that grow at their end. An array checks at each append whether it is shared, which a writer of many single
/// bytes feels; this has one owner by its type.
@safe struct ByteBuffer: ~Copyable {
  private var storage: UnsafeMutableRawPointer
  private var capacity: Int
  private var count = 0

  init(capacity: Int) {
    unsafe storage = .allocate(byteCount: capacity, alignment: 1)
    self.capacity = capacity
  }

  deinit { unsafe storage.deallocate() }

  /// A copy of what was written.
  var bytes: [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(start: storage, count: count))
      initialized = count
    }
  }

  @inline(always) mutating func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(always) mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    if capacity - count < bytes.count { grow(by: bytes.count) }
    unsafe (storage + count).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
  }

  @inline(always) mutating func append(_ text: StaticString) {
    unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inline(never) private mutating func grow(by more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    unsafe larger.copyMemory(from: storage, byteCount: count)
    unsafe storage.deallocate()
    unsafe storage = larger
  }
}
