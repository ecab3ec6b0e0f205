import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// Records into new files of a directory, which must exist: one file for each write, or with `roll` a directory of files.
///
/// The write is prepared under a hidden name, complete and synced before the permit; the rename to its final name is
/// the commit. So no half file is ever seen, and after a SIGKILL the names tell what became of the write. There is no
/// fence: a write that was permitted may commit until its process is proven dead.
final class FileDestination: OpenDestination {
    static let capabilities = DestinationCapabilities(
        idempotency: .transactional,
        hasFence: false,
        isSingleWriter: false,
        writeModes: [.append]
    )

    /// How long the hidden names of a write stay.
    private static let retention = Duration.seconds(24 * 60 * 60)

    private let settings: FileSettings
    private var opened: FileDirectory?
    private var open: Open?

    private struct Open {
        let names: FileNames
        let isRolled: Bool
        let isEmpty: Bool
        var isSynced = false
    }

    init(_ settings: FileSettings) {
        self.settings = settings
    }

    @discardableResult
    func check() throws -> [String] {
        guard try directory().isWritable else {
            throw settings.error(.denied, "this process may not make files in directory \(settings.path)")
        }
        return ["only added to: every write is a new file, whole or not there"]
    }

    func discover(stream: String?) throws -> [StreamDescription] {
        try FileSource(settings).discover(stream: stream)
    }

    func openGate(installation: InstallationID, run: RunID) throws {
        try check()
        let limit = Timestamp(microseconds: SystemClock.wallMicroseconds()).advanced(by: .zero - Self.retention)
        try settings.translating {
            let directory = try directory()
            for name in try directory.names() where FileNames.isLeftover(name) {
                if let times = try directory.times(of: name), times.written < limit { try directory.remove(name) }
            }
        }
    }

    func resolve(table: String, fields: [TargetField], key: [String]) throws -> Target {
        let isName = !table.isEmpty && !table.hasPrefix(".") && !table.utf8.contains { $0 == 0 || $0 == 47 }
        guard isName, table.utf8.count <= FileNames.streamBytesMax else {
            throw settings.error(
                .invalid,
                "destination \"\(table)\" must be the beginning of a file name: no \"/\", no \".\" in front, at most "
                    + "\(FileNames.streamBytesMax) bytes"
            )
        }
        guard !fields.isEmpty else { throw settings.error(.invalid, "destination \"\(table)\" gets no fields") }
        let names = fields.map(\.name)
        for (place, name) in names.enumerated() where names.firstIndex(of: name) != place {
            throw settings.error(.invalid, "destination \"\(table)\": field \"\(name)\" is written twice")
        }
        return Target(
            table: table,
            fields: fields,
            key: try key.map { name in
                guard let place = names.firstIndex(of: name) else {
                    throw settings.error(
                        .notFound,
                        "destination \"\(table)\": key \"\(name)\" is none of the fields; "
                            + NearNames.hint(for: name, among: names)
                    )
                }
                return place
            },
            mode: .append
        )
    }

    func openFence(_ identity: WriteIdentity) throws {}

    func stage(
        _ identity: WriteIdentity,
        target: Target,
        rows: RowBatch,
        rejections: [Int: Rejection]
    ) throws -> StagedWrite {
        precondition(open == nil, "write \(identity.write) is staged while another one is open")
        precondition(rows.width == target.fields.count, "rows of \(rows.width) fields for \(target.fields.count)")
        let write = encode(rows, rejections, target)
        let isRolled = settings.rollRecords != nil || settings.rollBytes != nil
        let end = settings.suffix
        let names = FileNames(target.table, identity, end: isRolled ? "" : end)
        do {
            let directory = try directory()
            open = Open(names: names, isRolled: isRolled, isEmpty: write.files.isEmpty)
            if isRolled {
                let inner = try directory.makeDirectory(names.part)
                for (place, file) in write.files.enumerated() {
                    try inner.make("\(place + 1)\(end)", try settings.compression.compress(file))
                }
            } else {
                try directory.make(names.part, try settings.compression.compress(write.files.first ?? []))
            }
            // From the intent on one of the write's names is there, whatever fails.
            try directory.sync()
            return StagedWrite(
                transaction: names.name,
                system: directory.system,
                plans: write.plans,
                before: RowBatch(width: rows.width),
                rejections: write.rejections,
                isApplied: false
            )
        } catch {
            throw failure(error)
        }
    }

    func apply() throws {
        guard var write = open else { throw WriteFailure.rolledBack(reason: "no write is open") }
        guard !write.isSynced else { return }
        do {
            let directory = try directory()
            if write.isRolled {
                let inner = try FileDirectory(path: "\(directory.path)/\(write.names.part)")
                for name in try inner.names() { try inner.sync(name) }
            }
            try directory.sync(write.names.part)
            write.isSynced = true
            open = write
        } catch {
            throw failure(error)
        }
    }

    func commit() throws -> Timestamp {
        guard let write = open, write.isSynced else {
            rollBack()
            throw WriteFailure.rolledBack(reason: "no write is open and applied")
        }
        let directory: FileDirectory
        do {
            directory = try self.directory()
            try directory.rename(write.names.part, to: write.isEmpty ? write.names.none : write.names.name)
        } catch let error as CallFailure where error.number == EIO {
            open = nil
            throw WriteFailure.unsure(reason: "\(error.what): \(String(cString: strerror(error.number)))")
        } catch {
            throw failure(error)
        }
        open = nil
        do {
            try directory.sync()
        } catch {
            throw WriteFailure.unsure(reason: "directory \(directory.path) cannot be synced behind the commit")
        }
        return Timestamp(microseconds: SystemClock.wallMicroseconds())
    }

    func rollBack() {
        guard let write = open, let directory = opened else { return }
        open = nil
        do {
            try directory.rename(write.names.part, to: write.names.void)
            try directory.empty(write.names.void)
        } catch {
            // The part stays, which says as much, until it is old.
        }
    }

    func closeGate(installation: InstallationID, run: RunID, attempts: [AttemptID], transactions: [String]) throws {}

    func closeFence(installation: InstallationID, run: RunID, attempt: AttemptID, transactions: [String]) throws {}

    func evidence(of write: WriteInDoubt) throws -> WriteEvidence {
        try settings.translating {
            try FileEvidence(directory: FileDirectory(path: settings.path)).evidence(of: write)
        }
    }

    func close() {
        rollBack()
        opened = nil
    }

    private func directory() throws -> FileDirectory {
        if let opened { return opened }
        let directory = try settings.translating { () throws -> FileDirectory in
            guard try settings.isDirectory() else {
                throw settings.error(.invalid, "path \(settings.path) is a file; a destination is a directory")
            }
            return try FileDirectory(path: settings.path)
        }
        opened = directory
        return directory
    }

    private func encode(_ rows: RowBatch, _ rejections: [Int: Rejection], _ target: Target) -> FileWrite {
        let limit = (records: settings.rollRecords ?? .max, bytes: settings.rollBytes ?? .max)
        switch settings.format {
        case .csv:
            let encoder = CSVEncoder(
                fields: target.fields,
                dialect: settings.csv,
                hasHeader: settings.columns == nil
            )
            return FileWrite(rows, rejections: rejections, by: encoder, rollingAt: limit)
        case .jsonl:
            let encoder = JSONLEncoder(fields: target.fields)
            return FileWrite(rows, rejections: rejections, by: encoder, rollingAt: limit)
        }
    }

    /// Ends the write and says what the error means for it.
    private func failure(_ error: any Error) -> WriteFailure {
        rollBack()
        switch error {
        case let failure as WriteFailure: return failure
        case let failure as CallFailure: return .failed(settings.systemError(failure.what, failure.number))
        case let error as SluiceError: return .failed(error)
        default: return .failed(SluiceError(.internal, "\(error)"))
        }
    }
}

extension FileSettings {
    /// Of the files that are made.
    fileprivate var suffix: String { format.suffixes[0] + compression.suffix }
}
