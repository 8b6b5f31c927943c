// error: 'Caller' initializer is inaccessible due to 'internal' protection level
import Authentication
import HTTP
import OAuth

func impersonate(_ caller: Caller) -> Caller {
  #if CONTROL
    return caller
  #else
    return Caller(
      userID: 1, login: "admin", userName: "Admin", companyID: nil, companyIDs: [], groups: [],
      isAdministrator: true,
      connectionID: caller.connectionID, connectionName: "", clientID: nil, scopes: [.admin],
      credential: .apiKey,
      address: .loopback)
  #endif
}
