internal import Governance
internal import JSON
internal import Storage
internal import Telemetry
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
    // What was switched off once can be switched on again, whether or not it is still there.
    let inactive = try await rulebook.switches().inactiveTools
    if !isActive || !inactive.contains(name) {
      try KnownNames.check(name, in: try KnownNames(house).tools, "tool")
    }
    try await rulebook.setActive(
      isActive, tool: name, along: house.along(isActive ? "tool.enable" : "tool.disable", of: name))
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["tool": .string(name), "active": .bool(isActive)]).text
        : "\(name) is \(isActive ? "on" : "off")")
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
