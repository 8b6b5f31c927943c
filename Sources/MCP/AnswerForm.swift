internal import HTTP

/// How the client can read an answer (RFC 9110 §12.5.1).
enum AnswerForm: Sendable {
  case json, event, none

  init(_ fields: Fields) {
    let lines = fields.all("accept")
    // As the specification tells every client to write it; the rest is read with care.
    if lines.count == 1, lines[0] == "application/json, text/event-stream" {
      self = .json
      return
    }
    let accept = Accept(lines)
    self = accept.includes(.json) ? .json : accept.includes(.eventStream) ? .event : .none
  }
}
