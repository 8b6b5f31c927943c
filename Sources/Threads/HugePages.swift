internal import Glibc

/// Memory straight from the system, in pages of 2 MiB where it has them and in small ones where not.
package enum HugePages {
  private static let size = 2 << 20

  /// - Parameter count: bytes, at least one.
  /// - Returns: zeroes, to be given back by `unmap`; nil when there is no memory.
  package static func map(_ count: Int) -> UnsafeMutableRawPointer? {
    let length = rounded(count)
    guard
      let mapped = unsafe mmap(
        nil, length + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe mapped != MAP_FAILED
    else { return nil }
    // Only what begins and ends at the border of a huge page can be one: what is over goes back at once.
    let before = rounded(Int(bitPattern: mapped)) - Int(bitPattern: mapped)
    let start = unsafe mapped + before
    if before > 0 { _ = unsafe munmap(mapped, before) }
    if before < size { _ = unsafe munmap(start + length, size - before) }
    _ = unsafe madvise(start, length, MADV_HUGEPAGE)
    return unsafe start
  }

  /// Gives memory back.
  ///
  /// - Parameter count: the one that it was asked for with.
  package static func unmap(_ start: UnsafeMutableRawPointer, _ count: Int) {
    _ = unsafe munmap(start, rounded(count))
  }

  private static func rounded(_ count: Int) -> Int { (count + size - 1) / size * size }
}
