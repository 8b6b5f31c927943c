internal import Demo
internal import Governance
internal import JSON
internal import Records
internal import Storage
internal import Tasks
internal import Telemetry
internal import Tools
internal import Words
internal import World

/// `gatehouse switch …` and `gatehouse tool …`: what is switched off for everybody.
struct SwitchCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func rulebook() async throws -> (House, Rulebook) {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    return (house, Rulebook(store: house.store, world: house.world))
  }

  /// The master switch.
  func turn(_ isOpen: Bool) async throws {
    let (house, rulebook) = try await rulebook()
    try await rulebook.setOpen(isOpen, along: house.along(isOpen ? "switch.on" : "switch.off"))
    show(isOpen)
  }

  func show() async throws { show(try await rulebook().1.switches().isOpen) }

  private func show(_ isOpen: Bool) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["on": .bool(isOpen)]).text : "access by AI tools is \(isOpen ? "on" : "off")")
  }

  func setTool(_ isActive: Bool) async throws {
    let name = try call.arguments.one("tool")
    let (house, rulebook) = try await rulebook()
    let known = try Self.tools(of: house)
    // What was switched off once can be switched on again, whether or not it is still there.
    let isKnown =
      if known.contains(name) { true } else if isActive {
        try await rulebook.switches().inactiveTools.contains(name)
      } else { false }
    guard isKnown else {
      let near = known.nearest(to: name)
      throw CommandError.failure(
        "there is no tool '\(name)'",
        hint: near.isEmpty
          ? "the tools are \(known.joined(separator: ", "))"
          : "did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?")
    }
    try await rulebook.setActive(
      isActive, tool: name, along: house.along(isActive ? "tool.enable" : "tool.disable", of: name))
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["tool": .string(name), "active": .bool(isActive)]).text
        : "\(name) is \(isActive ? "on" : "off")")
  }

  private static func tools(of house: House) throws -> [String] {
    let records = SQLRecords(store: house.store, catalogue: try Demo.catalogue())
    let governor = Governor(store: house.store, world: house.world, log: house.log)
    return App.tools(
      on: records, governor, TaskStore(store: house.store, world: house.world),
      .all(on: records, governor, world: house.world)
    ).map(\.definition.name)
  }

  /// The tools that are switched off.
  func listTools() async throws {
    for name in try await rulebook().1.switches().inactiveTools.sorted() {
      terminal.print(
        call.wantsJSON
          ? JSONValue.object(["tool": .string(name), "active": false]).text : "\(name)\toff")
    }
  }
}
