internal import Accounts
internal import Governance
internal import HTTP
internal import JSON
internal import Support
internal import Testing

@testable internal import Gatehouse

/// Product row B6 in the whole house: an address counts for a connection's rules and for the log as a proxy of ours
/// tells it, and as nobody else does.
@Suite struct `Whose address a request has` {
  @Test(
    arguments: [
      ([:], ["x-forwarded-for": "192.0.2.7"], "127.0.0.1"),
      (["trusted-proxies": "127.0.0.1"], ["x-forwarded-for": "6.6.6.6, 192.0.2.7"], "192.0.2.7"),
      (["trusted-proxies": "127.0.0.1"], ["forwarded": "for=192.0.2.7"], "127.0.0.1"),
      (["trusted-proxies": "10.0.0.1"], ["x-forwarded-for": "192.0.2.7"], "127.0.0.1"),
      (
        ["trusted-proxies": "127.0.0.1", "proxy-field": "Forwarded"],
        ["forwarded": "for=\"6.6.6.6, for=192.0.2.7;proto=https", "x-forwarded-for": "6.6.6.6"], "192.0.2.7"
      ),
    ] as [([String: String], [String: String], String)])
  func `the log has it, and a connection's rules go by it`(
    settings: [String: String], fields: [String: String], address: String
  ) async throws {
    try await withHouse(.inProcess, settings) { client in
      let made = try await client.key()
      #expect(try await client.call("whoami", bearer: made.key, fields).status == 200)
      #expect(try await client.newest().address == address)
      for (allow, status) in [(address, 200), ("203.0.113.0/24", 403)] {
        _ = try await client.house.connections.restrict(made.connectionID, to: AddressRules(allow: allow))
        #expect(try await client.call("whoami", bearer: made.key, fields).status == status, "\(allow)")
      }
      _ = try await client.house.connections.restrict(
        made.connectionID, to: AddressRules(allow: "", block: address))
      #expect(try await client.call("whoami", bearer: made.key, fields).status == 403)
    }
  }

  @Test func `a field that tells no address is refused`() async throws {
    await #expect(throws: CommandError.self) {
      try await withHouse(.inProcess, ["proxy-field": "x-real-ip"]) { _ in }
    }
  }
}
