import Foundation
import Model

/// A frame of Protocols/Examples, which protoc encoded from the text above it.
enum GoldenFrame {
    static func bytes(_ name: String) throws -> [UInt8] {
        let project = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = project.appendingPathComponent("Protocols/Examples/\(name).hex")
        let digits = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .joined()
        return try stride(from: 0, to: digits.count, by: 2).map { offset in
            let start = digits.index(digits.startIndex, offsetBy: offset)
            guard let byte = UInt8(digits[start...].prefix(2), radix: 16) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return byte
        }
    }

    /// The id that the examples write as `…00 NUMBER`.
    static func id<Tag>(_ number: UInt8) -> Identifier<Tag> {
        Identifier(high: 0x0193_6F2A_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    static let run: RunID = id(1)
    static let batch: BatchID = id(2)
    static let attempt: AttemptID = id(3)
    static let write: WriteID = id(4)
    static let worker: Incarnation = id(5)
    static let supervisor: Incarnation = id(6)
    static let errand: ErrandID = id(7)
    static let installation: InstallationID = id(8)
}
