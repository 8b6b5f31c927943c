internal import Glibc

/// Why a server could not start.
package enum ServerError: Error, CustomStringConvertible {
  /// Another program, or another server of this one, listens there.
  case portTaken(String)
  /// No interface of this machine has the address.
  case addressUnknown(String)
  /// Ports below 1024 need a privilege.
  case notPermitted(String)
  /// The certificate or the key can't be used; the reason is OpenSSL's.
  case certificate(String)
  /// The system refused a call.
  case system(call: String, code: Int32)

  package var description: String {
    switch self {
    case .portTaken(let place): "\(place) is taken by another program"
    case .addressUnknown(let place): "\(place) is no address of this machine"
    case .notPermitted(let place): "listening on \(place) is not permitted"
    case .certificate(let reason): "the certificate can't be used: \(reason)"
    case .system(let call, let code): "\(call) failed (errno \(code))"
    }
  }

  /// Names what went wrong with a socket call by its `errno`.
  init(_ call: String, at place: String, code: Int32) {
    self =
      switch code {
      case EADDRINUSE: .portTaken(place)
      case EADDRNOTAVAIL: .addressUnknown(place)
      case EACCES, EPERM: .notPermitted(place)
      default: .system(call: call, code: code)
      }
  }
}
