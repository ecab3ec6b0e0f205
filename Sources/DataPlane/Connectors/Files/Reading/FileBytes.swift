import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// The decompressed bytes of a file, forward.
final class FileBytes {
    /// Compressed bytes held at a time.
    private static let inputMax = 256 << 10

    let path: String
    let identity: FileIdentity
    /// Of the next byte that `read` gives.
    private(set) var offset = 0
    private let descriptor: OwnedDescriptor
    private let decompressor: (any Decompressor)?
    private var input: [UInt8] = []
    private var inputStart = 0
    private var inputCount = 0
    /// Of the next compressed byte.
    private var rawOffset = 0
    private let settings: FileSettings

    /// - Throws: `notFound`, `denied`, `unreachable`.
    init(path: String, settings: FileSettings) throws {
        self.path = path
        self.settings = settings
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw settings.systemError("file \(path) cannot be opened", errno) }
        descriptor = OwnedDescriptor(opened)
        guard let identity = FileIdentity(descriptor: opened) else {
            throw settings.systemError("file \(path) cannot be looked at", errno)
        }
        self.identity = identity
        decompressor = try FileCompression(of: path).decompressor()
    }

    /// The file can be read from any place, not only forward.
    var canSeek: Bool { decompressor == nil }

    /// Fills some of `output`, at least one byte unless the file is at its end.
    ///
    /// - Returns: the number of bytes; 0: the end.
    func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try decompressor.map { try decompress($0, into: output) } ?? readRaw(into: output, at: offset)
        offset += count
        return count
    }

    /// Makes `offset` another one; of a compressed file only a later one.
    func seek(to target: Int) throws {
        guard !canSeek else {
            offset = target
            return
        }
        precondition(target >= offset, "a compressed file is read forward only")
        try withUnsafeTemporaryAllocation(byteCount: Self.inputMax, alignment: 16) { waste in
            while offset < target {
                let part = UnsafeMutableRawBufferPointer(rebasing: waste[..<min(waste.count, target - offset)])
                guard try read(into: part) > 0 else { throw changed() }
            }
        }
    }

    /// - Throws: `conflict` when the file is not what it was when it was opened.
    func checkUnchanged() throws {
        guard FileIdentity(descriptor: descriptor.number) == identity, FileIdentity(path: path) == identity else {
            throw changed()
        }
    }

    func changed() -> SluiceError {
        settings.error(
            .conflict,
            "file \(path) was changed or replaced while it was read; what was read before stays written; "
                + "start the run again when nobody writes to the file"
        )
    }

    private func readRaw(into output: UnsafeMutableRawBufferPointer, at place: Int) throws -> Int {
        while true {
            let count = pread(descriptor.number, output.baseAddress, output.count, off_t(place))
            if count >= 0 { return count }
            guard errno == EINTR else { throw settings.systemError("file \(path) cannot be read", errno) }
        }
    }

    private func decompress(
        _ decompressor: any Decompressor,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        if input.isEmpty { input = [UInt8](repeating: 0, count: Self.inputMax) }
        while true {
            var isAtEnd = false
            if inputStart == inputCount {
                inputStart = 0
                inputCount = try input.withUnsafeMutableBytes { try readRaw(into: $0, at: rawOffset) }
                rawOffset += inputCount
                isAtEnd = inputCount == 0
            }
            let (consumed, produced): (Int, Int)
            do {
                (consumed, produced) = try input.withUnsafeBytes { bytes in
                    try decompressor.decompress(
                        UnsafeRawBufferPointer(rebasing: bytes[inputStart..<inputCount]),
                        into: output
                    )
                }
            } catch let error as DriverError {
                throw settings.error(.invalid, "file \(path) is damaged near byte \(rawOffset): \(error)")
            }
            inputStart += consumed
            if produced > 0 { return produced }
            if isAtEnd {
                guard decompressor.isBetweenFrames else {
                    throw settings.error(.invalid, "file \(path) is cut off: its compressed bytes end before their end")
                }
                return 0
            }
        }
    }
}

extension FileSettings {
    /// What a call of the system that failed means.
    func systemError(_ what: String, _ number: Int32) -> SluiceError {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOENT, ENOTDIR: return error(.notFound, "\(what): \(reason)")
        case EACCES, EPERM, EROFS: return error(.denied, "\(what): \(reason)")
        case ENOSPC, EDQUOT: return error(.exhausted, "\(what): \(reason); make room", isRetriable: true)
        default: return error(.unreachable, "\(what): \(reason)", isRetriable: true)
        }
    }
}
