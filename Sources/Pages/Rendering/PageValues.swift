internal import CTemplate

/// What one template, or one turn of a section in it, is filled with. It can't outlive the page it is made for: it is
/// only ever lent.
@safe package struct PageValues: ~Copyable {
  fileprivate let handle: OpaquePointer

  fileprivate init(_ handle: OpaquePointer?) {
    guard let handle = unsafe handle else { preconditionFailure("out of memory") }
    unsafe self.handle = handle
  }

  /// Text for people to read, wherever it comes from: what is invisible in it is made visible, what is too long is cut.
  package func text(_ name: StaticString, _ text: String) { exact(name, VisibleText.line(text)) }

  /// The name of a person, a company, a client or a connection: short text for people to read.
  package func name(_ name: StaticString, _ text: String) {
    exact(name, VisibleText.line(text, limit: VisibleText.nameLimit))
  }

  /// A value that comes back unchanged: a ticket, a path, a key, prepared text of our own.
  package func exact(_ name: StaticString, _ value: String) {
    var value = value
    let isSet = value.withUTF8 { value in
      unsafe gatehouse_values_set(
        handle, name.utf8Start, name.utf8CodeUnitCount, value.baseAddress, value.count)
    }
    precondition(isSet, "out of memory")
  }

  /// Shows a section once, with the values of this one.
  package func show(_ section: StaticString, if condition: Bool = true) {
    if condition { _ = turn(of: section) }
  }

  /// Shows a section once, with values of its own, when there is something to show.
  package func show<T>(_ section: StaticString, with item: T?, _ fill: (borrowing PageValues, T) -> Void) {
    if let item { fill(turn(of: section), item) }
  }

  /// Shows a section once for each item, in order.
  package func show<T>(_ section: StaticString, each items: [T], _ fill: (borrowing PageValues, T) -> Void) {
    for item in items { fill(turn(of: section), item) }
  }

  private func turn(of section: StaticString) -> PageValues {
    unsafe PageValues(gatehouse_values_section(handle, section.utf8Start, section.utf8CodeUnitCount))
  }
}

/// The values of a whole page: the frame's own, and those of the content within. Frees them all at its end.
@safe struct FrameValues: ~Copyable {
  let values: PageValues
  let content: PageValues

  init(content: StaticString) {
    let place: StaticString = "CONTENT"
    unsafe values = PageValues(gatehouse_values_create())
    unsafe self.content = PageValues(
      gatehouse_values_include(
        values.handle, place.utf8Start, place.utf8CodeUnitCount, content.utf8Start, content.utf8CodeUnitCount)
    )
  }

  deinit { unsafe gatehouse_values_destroy(values.handle) }

  /// Writes the page as far as there is room.
  ///
  /// - Returns: the length that the whole page has.
  func expanded(by templates: OpaquePointer, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let frame: StaticString = "frame"
    let length = unsafe gatehouse_templates_expand(
      templates, frame.utf8Start, frame.utf8CodeUnitCount, values.handle, buffer.baseAddress, buffer.count)
    precondition(length >= 0, "a page names a template that is not there")
    return length
  }
}
