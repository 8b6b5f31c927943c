internal import JSON
internal import Tools

extension Fixture {
  /// Requests in several rounds (2026-07-28).
  static var rounds: [any Tool] {
    let name = Question.form("user_name", "What is your name?", form("name", "Your name"))
    return [
      Fixture("test_input_required_result_elicitation", "Asks for a name.") { _, talk throws(Interruption) in
        .said("Hello, \(try await talk.ask(name).content["name"]?.string ?? "nobody")!")
      },
      Fixture("test_input_required_result_sampling", "Asks the client's model.") {
        _, talk throws(Interruption) in
        let answer = try await talk.ask(
          .sampling("capital_question", "What is the capital of France?", maximumTokens: 100))
        return .said("Model said: \(answer.text ?? "")")
      },
      Fixture("test_input_required_result_list_roots", "Asks for the client's roots.") {
        _, talk throws(Interruption) in
        .said("The client has \(try await talk.ask(.roots("client_roots")).roots.count) roots.")
      },
      Fixture("test_input_required_result_request_state", "Asks for a confirmation, with state.") {
        _, talk throws(Interruption) in
        let answer = try await talk.ask(
          .form("confirm", "Please confirm", form("ok", "Whether to go on", type: "boolean")))
        return .said("state-ok, action=\(answer.action ?? "")")
      },
      Fixture("test_input_required_result_multiple_inputs", "Asks three things at once.") {
        _, talk throws(Interruption) in
        let answers = try await talk.ask([
          name, .sampling("greeting", "Generate a greeting", maximumTokens: 50), .roots("client_roots"),
        ])
        return .said(
          """
          \(answers["greeting"]?.text ?? "") \(answers["user_name"]?.content["name"]?.string ?? "nobody") \
          has \(answers["client_roots"]?.roots.count ?? 0) roots.
          """)
      },
      Fixture("test_input_required_result_multi_round", "Asks in two rounds.") {
        _, talk throws(Interruption) in
        let first = try await talk.ask(
          .form("step1", "Step 1: What is your name?", form("name", "Your name")))
        let second = try await talk.ask(
          .form("step2", "Step 2: What is your favorite color?", form("color", "A color")))
        return .said(
          "\(first.content["name"]?.string ?? "nobody") likes \(second.content["color"]?.string ?? "nothing")"
        )
      },
      Fixture("test_input_required_result_tampered_state", "Asks, with a state that must not be changed.") {
        _, talk throws(Interruption) in
        let answer = try await talk.ask(
          .form("confirm", "Please confirm", form("ok", "Whether to go on", type: "boolean")))
        return .said("The state came back as it was, action=\(answer.action ?? "")")
      },
      Fixture("test_input_required_result_capabilities", "Asks only what the client declared.") {
        _, talk throws(Interruption) in
        var questions: [Question] = []
        if talk.canAsk(.sampling) {
          questions.append(
            .sampling("capital_question", "What is the capital of France?", maximumTokens: 100))
        }
        if talk.canAsk(.form) { questions.append(name) }
        let answers = try await talk.ask(questions)
        return .said("Asked \(answers.count) things.")
      },
    ]
  }
}
