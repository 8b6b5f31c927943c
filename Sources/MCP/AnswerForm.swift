internal import HTTP

/// How the client can read an answer (RFC 9110 §12.5.1).
enum AnswerForm: Sendable {
  /// JSON or events, as it comes.
  case either
  case json, event, none

  init(_ fields: Fields) {
    let lines = fields.all("accept")
    // As the specification tells every client to write it; the rest is read with care.
    if lines.count == 1, lines[0] == "application/json, text/event-stream" {
      self = .either
      return
    }
    let accept = Accept(lines)
    switch (accept.includes(.json), accept.includes(.eventStream)) {
    case (true, true): self = .either
    case (true, false): self = .json
    case (false, true): self = .event
    case (false, false): self = .none
    }
  }

  var takesEvents: Bool { self == .either || self == .event }
}
