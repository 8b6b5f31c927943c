internal import CSQLite

/// A prepared statement; finalised with its connection.
@safe final class SQLiteStatement {
  private let handle: OpaquePointer
  private let columns: Int32

  init(_ handle: OpaquePointer) {
    unsafe self.handle = unsafe handle
    self.columns = unsafe sqlite3_column_count(handle)
  }

  deinit { unsafe sqlite3_finalize(handle) }

  func bind(_ values: [SQLValue]) throws(StorageError) {
    for (offset, value) in values.enumerated() {
      let index = Int32(offset + 1)
      let code: Int32
      switch value {
      case .null: code = unsafe sqlite3_bind_null(handle, index)
      case .integer(let number): code = unsafe sqlite3_bind_int64(handle, index, number)
      case .real(let number): code = unsafe sqlite3_bind_double(handle, index, number)
      case .text(var text):
        code = text.withUTF8 { utf8 in
          unsafe utf8.withMemoryRebound(to: CChar.self) { bytes in
            unsafe gatehouse_sqlite3_bind_text(
              handle, index, bytes.baseAddress ?? emptyText, Int32(bytes.count))
          }
        }
      case .blob(let bytes):
        code = unsafe bytes.withUnsafeBytes { bytes in
          unsafe gatehouse_sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count))
        }
      }
      guard code == SQLITE_OK else {
        throw StorageError(.other, "binding \(offset + 1) of \(values.count) failed (\(code))")
      }
    }
  }

  /// What it takes, in bytes.
  var memory: Int { Int(unsafe sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_MEMUSED, 0)) }

  func step() -> Int32 { unsafe sqlite3_step(handle) }

  func reset() {
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
  }

  func row() -> Row { Row((0..<columns).map(value)) }

  private func value(_ column: Int32) -> SQLValue {
    switch unsafe sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(handle, column))
    case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(handle, column))
    case SQLITE_TEXT:
      guard let text = unsafe sqlite3_column_text(handle, column) else { return .text("") }
      let count = Int(unsafe sqlite3_column_bytes(handle, column))
      return unsafe .text(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      guard let bytes = unsafe sqlite3_column_blob(handle, column) else { return .blob([]) }
      let count = Int(unsafe sqlite3_column_bytes(handle, column))
      return unsafe .blob([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }
}

/// What an empty string binds: a null pointer would bind NULL. Never freed, read only.
@unsafe private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  unsafe byte.initialize(to: 0)
  return unsafe UnsafePointer(byte)
}()
