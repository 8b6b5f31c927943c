package import HTTP
internal import Synchronization
internal import Threads

/// An HTTP/1.1 server: sockets, loops and limits around one handler.
///
/// Each loop is a thread with its own listening socket and its own connections. A handler runs on the loop that read
/// the request, and comes back to it after every `await`. Work that blocks belongs elsewhere: it would hold up every
/// other request of the loop. Any number of servers can live in one process.
package final class Server: Sendable {
  /// Answers a request; runs on the loop that read it.
  package typealias Handler = @Sendable (Request) async -> Response

  /// The port that the server listens on: the one asked for, or the one the system chose for 0.
  package let port: UInt16
  private let service: Service
  let workers: [Worker]
  private let end = Mutex<Task<Void, Never>?>(nil)

  /// Listens and answers from here on, until `shutdown()`.
  ///
  /// - Throws: `ServerError` when the port is taken, the certificate can't be used, or the system lacks something.
  package static func start(
    _ configuration: Configuration, handler: @escaping Handler
  ) throws(ServerError) -> Server {
    let certificate = try configuration.tls.map { files throws(ServerError) in try Certificate(files) }
    let listeners = try Listeners(
      configuration.address, configuration.port, count: max(1, configuration.loops))
    let service = Service(configuration: configuration, handler: handler)
    var workers: [Worker] = []
    do throws(ServerError) {
      while let socket = listeners.take() {
        workers.append(try Worker.start(service, socket, certificate, index: workers.count))
      }
    } catch {
      // Those that run already have accepted nobody yet that could miss them; they end by themselves.
      for worker in workers { Task { await worker.stop() } }
      throw error
    }
    return Server(port: listeners.port, service: service, workers: workers)
  }

  private init(port: UInt16, service: Service, workers: [Worker]) {
    self.port = port
    self.service = service
    self.workers = workers
  }

  /// Reads the certificate and its key again, for the connections to come; nothing to do without TLS.
  ///
  /// - Throws: `ServerError` when they can't be used; those that it has stay in use.
  package func renewCertificate() async throws(ServerError) {
    guard let files = service.configuration.tls else { return }
    let certificate = try Certificate(files)
    for worker in workers { await worker.renew(certificate) }
  }

  /// How many connections are open now.
  package var connectionCount: Int { service.census.count }

  /// How many requests wait for their handlers, or stream, now.
  package var requestCount: Int { service.running.load(ordering: .relaxed) }

  /// Stops accepting, lets the requests that run finish, ends the streams that would not, and returns when no
  /// connection is left or the grace of the configuration is over. The port is free then. May be called more than once.
  package func shutdown() async {
    let task = end.withLock { end in
      let task =
        end
        ?? Task { [workers] in
          await withTaskGroup { group in
            for worker in workers { group.addTask { await worker.stop() } }
          }
        }
      end = task
      return task
    }
    await task.value
  }
}

/// What all loops of one server share.
final class Service: Sendable {
  let configuration: Server.Configuration
  let handler: Server.Handler
  let census: Census
  /// Requests that handlers have and that are not answered.
  let running = Atomic(0)

  init(configuration: Server.Configuration, handler: @escaping Server.Handler) {
    self.configuration = configuration
    self.handler = handler
    self.census = Census(
      limit: configuration.connectionLimit, limitPerAddress: configuration.connectionLimitPerAddress,
      exempt: configuration.uncountedAddresses)
  }
}
