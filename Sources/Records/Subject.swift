/// Under whose rights records are read.
package struct Subject: Sendable, Hashable {
  /// The person's id, which is the id of their `res.users` record.
  package let userID: Int64
  /// The company that the person works for at the moment.
  package let companyID: Int64?
  /// The companies that the person may see records of.
  package let companyIDs: [Int64]
  /// Names such as `sales/user`.
  package let groups: Set<String>
  /// The models that the connection is confined to; nil confines to none.
  package let models: Set<String>?

  package init(
    userID: Int64, companyID: Int64?, companyIDs: [Int64], groups: Set<String>, models: Set<String>? = nil
  ) {
    self.userID = userID
    self.companyID = companyID
    self.companyIDs = companyIDs
    self.groups = groups
    self.models = models
  }

  /// Whether the subject may learn that something exists which they may not read: people from outside may not.
  var isInsider: Bool { groups.contains("base/user") }
}
