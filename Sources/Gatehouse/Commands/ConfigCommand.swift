internal import JSON

/// `gatehouse config`: every setting with its value, where that comes from, its default and its meaning.
struct ConfigCommand {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  func run() {
    for setting in Setting.all {
      let (value, source) = call.settings.source(of: setting)
      let shown = setting.isSecret && value != nil ? "•••" : value
      guard call.wantsJSON else {
        terminal.print(
          "# \(setting.meaning) (\(setting.unit)); \(setting.environment); default: \(setting.standard ?? "none")"
        )
        terminal.print("\(setting.key) = \(shown ?? "")    # \(source)\n")
        continue
      }
      var object: JSONObject = [
        "name": .string(setting.key), "environment": .string(setting.environment),
        "unit": .string(setting.unit),
        "meaning": .string(setting.meaning), "source": .string(source), "is_secret": .bool(setting.isSecret),
      ]
      if let shown { object["value"] = .string(shown) }
      if let standard = setting.standard { object["default"] = .string(standard) }
      terminal.print(JSONValue.object(object).text)
    }
  }
}
