import Foundation

/// The bytes of a configuration file as text; a pipe will do, too.
struct ConfigurationFile {
    let path: String

    /// - Throws: `ConfigurationError` that names the line where there is one.
    func text() throws -> String {
        let bytes = try bytes()
        guard bytes.count <= Configuration.bytesMax else {
            throw mistake("found more than \(Configuration.bytesMax) bytes; allowed: at most \(Configuration.bytesMax)")
        }
        // The validating initializer does not say where.
        if let place = Self.firstFault(in: bytes) {
            throw mistake(
                "found the byte 0x\(String(place.byte, radix: 16, uppercase: true)), which is not UTF-8 here; allowed: text "
                    + "in UTF-8",
                line: place.line,
                column: place.column
            )
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func bytes() throws -> Data {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw mistake("the configuration file does not exist")
        }
        guard !isDirectory.boolValue else {
            throw mistake("found a directory; expected a file, such as \(path)/sluice.yaml")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw mistake("the configuration file cannot be read: \(String(cString: strerror(errno)))")
        }
        var bytes = Data()
        do {
            while bytes.count <= Configuration.bytesMax,
                let piece = try handle.read(upToCount: Configuration.bytesMax + 1 - bytes.count), !piece.isEmpty
            {
                bytes += piece
            }
        } catch {
            throw mistake("the configuration file cannot be read: \(error)")
        }
        return bytes
    }

    private static func firstFault(in bytes: Data) -> (line: Int, column: Int, byte: UInt8)? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var (line, column, offset) = (1, 1, 0)
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                offset += UTF8.width(scalar)
                column += 1
                if scalar == "\n" { (line, column) = (line + 1, 1) }
            case .emptyInput: return nil
            case .error: return (line, column, bytes[bytes.startIndex + offset])
            }
        }
    }

    private func mistake(_ message: String, line: Int? = nil, column: Int? = nil) -> ConfigurationError {
        ConfigurationError(Mistake(file: path, line: line, column: column, message: message))
    }
}
