internal import Governance
internal import JSON
internal import Synchronization
internal import Tools

/// The answers to `tools/list`, written once for each revision and put together from there.
final class ToolListing: Sendable {
  /// Each tool's JSON, in the catalogue's order.
  private let entries: [Revision: [[UInt8]]]
  private let names: [String]
  private let pageSize: Int
  private let pages = Mutex<[Page: [UInt8]]>([:])

  /// What an answer depends on.
  private struct Page: Hashable {
    let revision: Revision
    let start: Int
    let visible: [Int]
  }

  /// More kinds of callers than this are rare; then the pages are put together anew.
  private static let mostPages = 512

  /// - Parameter hasTasks: whether calls can become tasks.
  init(_ catalogue: ToolCatalogue, pageSize: Int, hasTasks: Bool) {
    let definitions = catalogue.tools.map(\.definition)
    self.names = definitions.map(\.name)
    self.pageSize = max(1, pageSize)
    self.entries = Dictionary(
      uniqueKeysWithValues: Revision.allCases.map { revision in
        (revision, definitions.map { Self.entry($0, revision, hasTasks).serialized() })
      })
  }

  /// The result object of one page.
  ///
  /// - Parameters:
  ///   - visible: positions in the catalogue of the tools that the caller sees, ascending.
  ///   - cursor: from the page before; nil for the first.
  ///   - tail: members that the revision wants after the tools, each with a comma before it.
  /// - Throws: -32602 for a cursor that no page of ours ended with.
  func page(
    _ revision: Revision, visible: [Int], cursor: String?, tail: [UInt8]
  ) throws(ProtocolError) -> [UInt8] {
    let start: Int
    if let cursor {
      guard let position = position(after: cursor) else { throw .invalidParams("the cursor is not valid") }
      start = position
    } else {
      start = 0
    }
    let page = Page(revision: revision, start: start, visible: visible)
    if let prepared = pages.withLock({ $0[page] }) { return prepared + tail }
    let written = write(page)
    pages.withLock { pages in
      if pages.count >= Self.mostPages { pages.removeAll() }
      pages[page] = written
    }
    return written + tail
  }

  /// A cursor is the name of the last tool on its page: it stays right when tools around it come and go, and can't
  /// point anywhere that isn't in the catalogue.
  private func position(after cursor: String) -> Int? {
    guard cursor.hasPrefix("after:") else { return nil }
    return names.firstIndex { $0.utf8.elementsEqual(cursor.utf8.dropFirst(6)) }.map { $0 + 1 }
  }

  private func write(_ page: Page) -> [UInt8] {
    let entries = entries[page.revision] ?? []
    let rest = page.visible.filter { $0 >= page.start }
    let shown = rest.prefix(pageSize)
    var bytes = Array((page.revision.isModern ? #""resultType":"complete","tools":["# : #""tools":["#).utf8)
    for (count, index) in shown.enumerated() {
      if count > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += entries[index]
    }
    bytes.append(UInt8(ascii: "]"))
    if rest.count > shown.count, let last = shown.last {
      bytes += Array(#","nextCursor":"after:\#(names[last])""#.utf8)
    }
    return bytes
  }

  /// A tool as that revision's schema has it.
  private static func entry(_ tool: ToolDefinition, _ revision: Revision, _ hasTasks: Bool) -> JSONObject {
    var entry: JSONObject = ["name": .string(tool.name)]
    if revision.hasStructuredContent { entry["title"] = .string(tool.title) }
    entry["description"] = .string(tool.description)
    entry["inputSchema"] = .object(tool.inputSchema)
    if revision.hasStructuredContent, !tool.isContentOnly {
      entry["outputSchema"] = .object(tool.outputSchema)
    }
    entry["annotations"] = .object(tool.annotations)
    if hasTasks, revision == .november2025, let support = tool.taskSupport.word {
      entry["execution"] = ["taskSupport": .string(support)]
    }
    tool.addLooks(to: &entry, revision)
    return entry
  }
}
