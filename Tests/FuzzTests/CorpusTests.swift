internal import FoundationEssentials
internal import FuzzTargets
internal import Testing

/// The kept inputs of all fuzz targets, gone through as `Fuzz/run` would.
@Suite struct CorpusTests {
  /// `Fuzz/Corpus` of this package.
  private static let folder =
    String(#filePath.prefix(upTo: #filePath.endIndex))
    .split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Fuzz/Corpus"

  private static func files(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = "\(folder)/\(target.name)"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      (name, FileManager.default.contents(atPath: "\(folder)/\(name)").map { [UInt8]($0) } ?? [])
    }
  }

  @Test(arguments: FuzzTarget.all)
  func `whatever was kept of fuzzing still breaks nothing`(_ target: FuzzTarget) throws {
    let files = try Self.files(of: target)
    #expect(files.contains { $0.name.hasPrefix("seed-") }, "a target without a beginning finds little")
    for (name, bytes) in files {
      do { try target.check(bytes) } catch { Issue.record("\(target)/\(name): \(error)") }
    }
  }

  @Test(arguments: FuzzTarget.all)
  func `every beginning of a kept input breaks nothing, nor does one with a bit turned`(
    _ target: FuzzTarget
  ) throws {
    for (name, bytes) in try Self.files(of: target) where bytes.count <= 512 {
      do {
        for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 32)) {
          try target.check(Array(bytes[..<end]))
          var turned = bytes
          turned[end] ^= 1 << UInt8(end % 8)
          try target.check(turned)
        }
      } catch { Issue.record("\(target)/\(name): \(error)") }
    }
  }

  @Test func `the corpus is small and has no folder without a target`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
    #expect(folders == FuzzTarget.all.map(\.name).sorted())
    let files = try FuzzTarget.all.flatMap { try Self.files(of: $0) }
    #expect(files.count <= 200)
    #expect(files.reduce(0) { $0 + $1.bytes.count } <= 300 * 1024)
  }
}
