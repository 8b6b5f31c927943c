import HTTP
import HTTPClient
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Telling others what happened")
struct PostTests {
  @Test func `a body of JSON arrives to the byte, with fields of its own`() async throws {
    let body = Array(#"{"a":"\u0000 é","b":[1,2,3]}"#.utf8)
    let seen = Mutex<[Request]>([])
    try await withPublisher { request in
      seen.withLock { $0.append(request) }
      return Response(status: 202)
    } _: { publisher in
      var request = HTTPClient.Request(publisher.url("/hook"), accepting: "*/*")
      request.json = body
      request.fields = [("webhook-id", "msg_1"), ("webhook-timestamp", "17")]
      let reply = try await publisher.client().send(request)
      #expect(reply.status == 202)
    }
    let request = try #require(seen.withLock { $0 }.first)
    #expect(request.method == .post && request.body == body)
    #expect(request.fields["content-type"] == "application/json" && request.fields["expect"] == nil)
    #expect(request.fields["webhook-id"] == "msg_1" && request.fields["webhook-timestamp"] == "17")
    #expect(request.fields.all("content-type").count == 1)
  }

  @Test(arguments: [0, 1, 10_000_000]) func `where the status is enough no body is waited for`(
    length: Int
  ) async throws {
    try await withPublisher { _ in
      Response(
        status: 207, fields: ["content-encoding": "gzip"],
        stream: { stream in
          var isOpen = length > 0
          var left = length
          while isOpen, left > 0 {
            isOpen = await stream.write([UInt8](repeating: 0x61, count: min(left, 10_000)))
            left -= 10_000
          }
        })
    } _: { publisher in
      var request = HTTPClient.Request(publisher.url("/hook"))
      request.json = Array("{}".utf8)
      request.isStatusEnough = true
      let reply = try await publisher.client().send(request)
      #expect(reply.status == 207 && reply.body.isEmpty)
    }
  }

  @Test(arguments: ["a\r\nx-evil: 1", "a\nb", "a\u{0}", "a\u{7f}"])
  func `a field's value that would end its line is not sent`(value: String) async throws {
    try await withPublisher { _ in
      Issue.record("it was sent")
      return Response(status: 200)
    } _: { publisher in
      var request = HTTPClient.Request(publisher.url("/hook"))
      request.fields = [("webhook-id", value)]
      await #expect(throws: HTTPClientError.unfitURL) { try await publisher.client().send(request) }
    }
  }
}
