internal import CTemplate
internal import Templates

/// The parsed templates. After they are sealed nothing in them changes, so every thread may expand them at once.
@safe final class TemplateSet: @unchecked Sendable {
  // A template that does not parse is a fault of the build that the first test meets, not of any input.
  static let embedded: TemplateSet = {
    guard let set = TemplateSet(frame: Templates.frame, contents: Templates.contents) else {
      preconditionFailure("an embedded template does not parse; ctemplate has said which on standard error")
    }
    return set
  }()

  private let handle: OpaquePointer

  /// - Returns: nil when a template does not parse, or puts a value where no escaping could make it safe.
  init?(frame: [UInt8], contents: [(name: String, text: [UInt8])]) {
    guard let handle = unsafe gatehouse_templates_create() else { return nil }
    unsafe self.handle = handle
    for (name, text) in [(name: "frame", text: frame)] + contents {
      let name = Array(name.utf8)
      guard unsafe gatehouse_templates_add(handle, name, name.count, text, text.count) else { return nil }
    }
    unsafe gatehouse_templates_seal(handle)
  }

  deinit { unsafe gatehouse_templates_destroy(handle) }

  /// The page as bytes.
  func expand<P: Page>(_ page: P) -> [UInt8] {
    let frame = FrameValues(content: P.template)
    frame.values.exact("STYLESHEET", Assets.stylesheet.path)
    frame.values.exact("ICON", Assets.icon.path)
    frame.values.exact("WIDTH", P.width.rawValue)
    frame.values.text("TITLE", page.title)
    frame.values.show("SCRIPT", with: page.script?.asset.path) {
      $0.exact("SCRIPT_PATH", $1)
    }
    page.fill(frame.content)
    // Most pages fit at once; the account page of a busy person takes a second turn.
    var room = 8_192
    while true {
      var length = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        length = unsafe frame.expanded(by: handle, into: buffer)
        count = min(length, room)
      }
      if length <= room { return bytes }
      room = length
    }
  }
}
