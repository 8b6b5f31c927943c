internal import CLinux

/// What the C library's allocator keeps for itself.
package enum Heap {
  /// Gives large blocks back as soon as they are free. Left alone, glibc raises its threshold to the largest block that
  /// was ever freed, and from then on keeps such blocks for each thread that had one.
  ///
  /// To be called before there is a second thread.
  package static func giveLargeBlocksBack() {
    _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
    // Arenas beyond those of the loops and the writer hold memory that nobody comes back for.
    _ = mallopt(M_ARENA_MAX, 4)
  }

  /// Gives everything back that is free now, such as what starting up took.
  package static func trim() { _ = malloc_trim(0) }
}
