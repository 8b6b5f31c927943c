internal import CPCRE2

/// A regular expression as ECMA-262 has them with its `u` flag, searched for anywhere in a text.
///
/// The engine is PCRE2, which tries alternatives one after the other; so a match has limits on its steps and on its
/// memory, and one that reaches them is an error. What ECMA-262 does not have is refused before PCRE2 sees it.
package struct Pattern: Sendable {
  /// As it was written.
  package let source: String
  private let code: CompiledPattern

  /// The longest pattern, in bytes.
  package static let longest = 4096

  /// - Throws: what is wrong with the pattern.
  package init(_ source: String) throws(PatternError) {
    guard source.utf8.count <= Self.longest else {
      throw PatternError(description: "a pattern has at most \(Self.longest) bytes")
    }
    var translation = ECMAScriptTranslation(source)
    self.source = source
    code = try CompiledPattern(try translation.translated())
  }

  /// Whether the pattern is found in the text.
  ///
  /// - Throws: when that can't be said within the limits.
  package func isFound(in text: String) throws(PatternTooCostly) -> Bool { try code.isFound(in: text) }
}

/// PCRE2's code, which nothing writes to after it was compiled.
@safe private final class CompiledPattern: @unchecked Sendable {
  private let code: OpaquePointer
  private let limits: OpaquePointer

  /// Steps from one place in the text, which is what PCRE2 counts: a millisecond or two.
  private static let mostSteps: UInt32 = 100_000
  /// Steps from all places together where they are not timed.
  private static let mostStepsUntimed = 2_000_000
  /// How long a search that needs more may take.
  private static let longest: Duration = .milliseconds(50)
  /// KiB of memory for one match.
  private static let mostMemory: UInt32 = 8 * 1024

  // ECMA-262 §22.2: `$` is the very end; a group that took no part matches empty; `[]` is a class without members;
  // `\u{…}`. Nothing in a pattern may switch the limits off.
  private static let options =
    UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_MATCH_UNSET_BACKREF)
    | UInt32(PCRE2_ALLOW_EMPTY_CLASS) | UInt32(PCRE2_ALT_BSUX) | UInt32(PCRE2_NEVER_BACKSLASH_C)

  init(_ text: String) throws(PatternError) {
    guard let context = unsafe pcre2_compile_context_create_8(nil) else {
      throw PatternError(description: "there is no memory for the pattern")
    }
    defer { unsafe pcre2_compile_context_free_8(context) }
    unsafe pcre2_set_compile_extra_options_8(context, UInt32(PCRE2_EXTRA_ALT_BSUX))
    unsafe pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANYCRLF))
    var error: Int32 = 0
    var offset = 0
    let bytes = Array(text.utf8)
    guard let code = unsafe pcre2_compile_8(bytes, bytes.count, Self.options, &error, &offset, context) else {
      throw PatternError(description: "the pattern is not understood: \(Self.sentence(error))")
    }
    guard let limits = unsafe pcre2_match_context_create_8(nil) else {
      unsafe pcre2_code_free_8(code)
      throw PatternError(description: "there is no memory for the pattern")
    }
    unsafe Self.limit(limits, steps: Self.mostSteps)
    unsafe self.code = code
    unsafe self.limits = limits
  }

  deinit {
    unsafe pcre2_match_context_free_8(limits)
    unsafe pcre2_code_free_8(code)
  }

  private static func limit(_ limits: OpaquePointer, steps: UInt32) {
    unsafe pcre2_set_match_limit_8(limits, steps)
    unsafe pcre2_set_depth_limit_8(limits, steps)
    unsafe pcre2_set_heap_limit_8(limits, mostMemory)
  }

  func isFound(in text: String) throws(PatternTooCostly) -> Bool {
    guard let match = unsafe pcre2_match_data_create_8(1, nil) else { throw PatternTooCostly() }
    defer { unsafe pcre2_match_data_free_8(match) }
    var text = text
    let isFound = text.withUTF8 { bytes in
      // A text that is empty may have no address, which PCRE2 wants.
      var nothing: UInt8 = 0
      return unsafe withUnsafePointer(to: &nothing) { nowhere in
        unsafe search(UnsafeBufferPointer(start: bytes.baseAddress ?? nowhere, count: bytes.count), match)
      }
    }
    guard let isFound else { throw PatternTooCostly() }
    return isFound
  }

  /// - Returns: nil when it can't be said within the limits.
  private func search(_ text: UnsafeBufferPointer<UInt8>, _ match: OpaquePointer) -> Bool? {
    let fair = UInt32(clamping: Self.mostStepsUntimed / max(1, text.count))
    guard fair < Self.mostSteps else { return unsafe search(text, from: 0, match, limits) }
    guard let quick = unsafe pcre2_match_context_create_8(nil) else { return nil }
    defer { unsafe pcre2_match_context_free_8(quick) }
    unsafe Self.limit(quick, steps: max(100, fair))
    if let isFound = unsafe search(text, from: 0, match, quick) { return isFound }
    // PCRE2 counts the steps from each place anew. So from here on each is tried by itself, against the clock.
    let clock = ContinuousClock()
    let end = clock.now + Self.longest
    for start in 0...text.count where unsafe start == text.count || text[start] & 0xc0 != 0x80 {
      guard clock.now < end,
        let isFound = unsafe search(text, from: start, match, limits, UInt32(PCRE2_ANCHORED))
      else { return nil }
      if isFound { return true }
    }
    return false
  }

  private func search(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ match: OpaquePointer, _ limits: OpaquePointer,
    _ options: UInt32 = 0
  ) -> Bool? {
    let code = unsafe pcre2_match_8(
      self.code, text.baseAddress, text.count, start, UInt32(PCRE2_NO_UTF_CHECK) | options, match, limits)
    // 0: it matched, and the one pair of offsets was too few for its groups.
    if code >= 0 { return true }
    return code == PCRE2_ERROR_NOMATCH ? false : nil
  }

  private static func sentence(_ error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe pcre2_get_error_message_8(error, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "error \(error)"
  }
}
