/// The scheme of an application's own redirect URIs (RFC 8252 §7.1), and which ones are nobody's own.
///
/// The RFC asks for a reversed domain name (`com.example.app`), and nothing of such a form is refused. Clients in wide
/// use have one word instead (`cursor`, `vscode`), so a word is taken too unless it is known to belong to something
/// else: what runs, reads or installs, or starts a program with arguments of the caller's choice (0020).
enum ApplicationScheme {
  /// - Parameter scheme: in lower case.
  static func mayBe(_ scheme: String) -> Bool {
    // One letter is a drive, and two are nobody's.
    guard scheme.utf8.count >= 3 else { return false }
    return !foreign.contains(scheme) && !foreignBeginnings.contains(where: scheme.hasPrefix)
  }

  /// Whole families: the handlers of Windows and Office, app stores and settings, what browsers keep for themselves.
  private static let foreignBeginnings = [
    "ms-", "microsoft-", "microsoft.", "windows.", "itms", "app-prefs", "x-apple", "apple-", "x-man-page",
    "x-help",
    "chrome", "moz-", "safari-", "edge-", "browser-", "web+",
  ]

  private static let foreign: Set<String> = [
    // Scripts, documents and files.
    "javascript", "livescript", "mocha", "vbscript", "data", "blob", "file", "filesystem", "content",
    "resource", "res",
    "jar", "mhtml", "mk", "cid", "mid", "about", "view-source", "wyciwyg", "local", "shell", "help", "hcp",
    "android-app",
    "intent", "market", "prefs", "app-settings", "shortcuts", "workflow", "opera", "edge", "brave",
    "vivaldi", "devtools", "search", "search-ms", "jnlp", "jnlps", "steam",
    "applescript", "telnet", "tn3270", "wais", "gopher",
    // Where others are reached, or machines.
    "http", "https", "ws", "wss", "ftp", "ftps", "sftp", "tftp", "ssh", "scp", "rsync", "git", "svn", "smb",
    "cifs", "nfs",
    "afp", "dav", "davs", "webdav", "ldap", "ldaps", "rdp", "vnc", "dns", "dict", "finger", "imap", "pop",
    "pop3", "smtp",
    "snmp", "rtsp", "rtmp", "mms", "magnet", "ed2k", "news", "nntp", "snews", "irc", "ircs", "xmpp", "urn",
    "tag",
    "ipfs", "ipns",
    // What calls, writes or pays.
    "mailto", "tel", "callto", "sms", "smsto", "mmsto", "sip", "sips", "facetime", "facetime-audio", "skype",
    "zoommtg",
    "msteams", "bitcoin", "ethereum", "lightning", "upi", "geo", "maps", "webcal", "feed", "onenote",
    "outlook",
  ]
}
