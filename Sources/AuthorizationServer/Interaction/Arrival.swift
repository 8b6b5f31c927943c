internal import HTTP

/// How a browser came to the authorization endpoint, by what it says itself (Fetch Metadata).
///
/// Only a person who typed the address, opened it from another program or followed a link of ours may be answered
/// without a page. What another site sends here may be a form or a picture that nobody clicked, and `Sec-Fetch-User`
/// says no more than that something was clicked there.
enum Arrival {
  /// Goes with a request that another site sent through our sign-in, whose way back would look like our own.
  private static let mark = "sent_from_elsewhere"

  /// Whether the request may be answered without a page.
  static func isOwn(_ request: Request) -> Bool {
    let fields = request.fields
    guard let site = fields["sec-fetch-site"], site == "none" || site == "same-origin",
      fields["sec-fetch-mode"] == "navigate", fields["sec-fetch-dest"] == "document",
      // A page that is fetched in advance was asked for by nobody yet.
      fields["sec-purpose"] == nil, fields["purpose"] == nil
    else { return false }
    return Form(decoding: request.query.utf8)?[mark] == nil
  }

  /// The request with a mark in its query where it came from elsewhere. A browser that says nothing of that says nothing
  /// on the way back either, and needs none.
  static func marked(_ request: Request) -> Request {
    guard request.fields["sec-fetch-site"] != nil, !isOwn(request),
      Form(decoding: request.query.utf8)?[mark] == nil
    else { return request }
    var marked = request
    marked.query += "&\(mark)=1"
    return marked
  }
}
