internal import Demo
internal import Governance
internal import Records
internal import Tasks
internal import Tools
internal import Words

/// The tools and models that there are, for commands that take their names: a typing error is told, not kept.
struct KnownNames {
  let tools: [String]
  let models: [String]

  /// - Throws: when the models of the house can't be read.
  init(_ house: House) throws {
    let catalogue = try Demo.catalogue()
    let records = SQLRecords(store: house.store, catalogue: catalogue)
    let governor = Governor(store: house.store, world: house.world, log: house.log)
    tools = App.tools(
      on: records, governor, TaskStore(store: house.store, world: house.world),
      .all(on: records, governor, world: house.world)
    ).map(\.definition.name)
    models = catalogue.models.map(\.name)
  }

  /// - Throws: `CommandError.failure` for a name that there isn't, with the nearest.
  static func check(_ name: String, in known: [String], _ kind: String) throws(CommandError) {
    guard !known.contains(name) else { return }
    let near = known.nearest(to: name)
    throw .failure(
      "there is no \(kind) '\(name)'",
      hint: near.isEmpty
        ? "the \(kind)s are \(known.joined(separator: ", "))"
        : "did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?")
  }
}
