/// A person, or the service user of an integration: the one whose rights a connection has.
package struct User: Sendable, Hashable, Identifiable {
  package let id: Int64
  /// What the person types to sign in; lower case.
  package let login: String
  package let name: String
  package let email: String?
  /// Names such as `sales/user`, which the models' access rules speak of.
  package let groups: [String]
  package let isAdministrator: Bool
  package let isDisabled: Bool
  /// The company that the person works in at the start, and all that they may see.
  package let companyID: Int64?
  package let companyIDs: [Int64]

  package init(
    id: Int64, login: String, name: String, email: String?, groups: [String], isAdministrator: Bool,
    isDisabled: Bool, companyID: Int64?, companyIDs: [Int64]
  ) {
    self.id = id
    self.login = login
    self.name = name
    self.email = email
    self.groups = groups
    self.isAdministrator = isAdministrator
    self.isDisabled = isDisabled
    self.companyID = companyID
    self.companyIDs = companyIDs
  }

  func with(groups: [String]) -> User {
    User(
      id: id, login: login, name: name, email: email, groups: groups, isAdministrator: isAdministrator,
      isDisabled: isDisabled, companyID: companyID, companyIDs: companyIDs)
  }
}
