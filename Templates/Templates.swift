/// The pages' templates and assets as they lie in `Pages/`, embedded in the binary.
///
/// Every text that a person reads is either in a template here or in `Texts.swift` of the Pages target.
package enum Templates {
  /// What every page stands in: head, header, footer. It includes one of `contents` as `CONTENT`.
  package static let frame = PackageResources.frame_html

  /// One template per page, by the name that `Page.template` gives.
  package static let contents: [(name: String, text: [UInt8])] = [
    ("account", PackageResources.account_html),
    ("codes", PackageResources.codes_html),
    ("activity", PackageResources.activity_html),
    ("approval", PackageResources.approval_html),
    ("approvals", PackageResources.approvals_html),
    ("confirm", PackageResources.confirm_html),
    ("connection", PackageResources.connection_html),
    ("consent", PackageResources.consent_html),
    ("device", PackageResources.device_html),
    ("devicedone", PackageResources.devicedone_html),
    ("enrol", PackageResources.enrol_html),
    ("error", PackageResources.error_html),
    ("factor", PackageResources.factor_html),
    ("forgotten", PackageResources.forgotten_html),
    ("home", PackageResources.home_html),
    ("login", PackageResources.login_html),
    ("passkey", PackageResources.passkey_html),
    ("password", PackageResources.password_html),
    ("security", PackageResources.security_html),
    ("signedout", PackageResources.signedout_html),
  ]

  package static let stylesheet = PackageResources.gatehouse_css
  package static let passkeyScript = PackageResources.passkeys_js
  package static let pageScript = PackageResources.pages_js
  package static let icon = PackageResources.icon_svg
}
