internal import Governance
internal import JSON
internal import Tools

extension Fixture {
  /// Those that take long, for clients that know tasks.
  static var tasks: [any Tool] {
    let confirmation = form("confirm", "Whether to go on", type: "boolean")
    return [
      Fixture("greet", "Answers at once.", parameters: [.required("name", .text, "Whom to greet")]) {
        arguments, _ in .said("Hello, \(arguments["name"]?.string ?? "")!")
      },
      Fixture(
        "slow_compute", "Takes as many seconds as it is told, and says what it is at.",
        parameters: [
          .optional("seconds", .integer(0...600), "How long", default: 1),
          .optional("label", .text, "What it is called", default: "work"),
        ], tasks: .preferred
      ) { arguments, talk throws(Interruption) in
        let (seconds, label) = (arguments["seconds"]?.integer ?? 1, arguments["label"]?.string ?? "")
        for second in 0..<seconds {
          await talk.progress(Double(second), of: Double(seconds), "\(label): \(second) of \(seconds) s")
          try await talk.pause(.seconds(1))
        }
        return .said("\(label): done after \(seconds) s")
      },
      Fixture("failing_job", "Is a task that ends with an error of its own.", tasks: .required) {
        _, talk throws(Interruption) in
        try await talk.pause(.milliseconds(500))
        return .content([.text("This job always fails")], isError: true)
      },
      Fixture("protocol_error_job", "Is a task that ends with an error of the protocol.", tasks: .preferred) {
        _, talk throws(Interruption) in
        try await talk.pause()
        throw .unsupported([.roots])
      },
      Fixture(
        "confirm_delete", "Asks in the middle whether to go on.",
        parameters: [.optional("filename", .text, "What to delete", default: "file.txt")], tasks: .preferred
      ) { arguments, talk throws(Interruption) in
        let name = arguments["filename"]?.string ?? ""
        let answer = try await talk.ask(.form("confirm", "Delete \(name)?", confirmation))
        let isMeant = answer.isAccepted && answer.content["confirm"]?.bool == true
        return .said(isMeant ? "Deleted \(name)" : "Kept \(name)")
      },
      Fixture("multi_input", "Asks two things at once in the middle.", tasks: .preferred) {
        _, talk throws(Interruption) in
        let answers = try await talk.ask([
          .form("name", "What is your name?", form("name", "Your name")),
          .form("confirm", "Go on?", confirmation),
        ])
        return .said(
          "\(answers["name"]?.content["name"]?.string ?? "nobody") answered \(answers.count) questions")
      },
      Fixture(
        "test_tool_with_task", "Asks for a name, and then is a task.", tasks: .required, first: [userName]
      ) { _, talk throws(Interruption) in
        let answer = try await talk.ask(userName)
        try await talk.pause()
        return .said("Hello, \(answer.content["name"]?.string ?? "nobody")! The task is done.")
      },
    ]
  }

  private static let userName = Question.form("user_name", "What is your name?", form("name", "Your name"))
}
