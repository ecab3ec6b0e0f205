import Model

/// Finds out what became of a write whose process is dead, by the name that it has now.
struct FileEvidence {
    let directory: FileDirectory

    func evidence(of write: WriteInDoubt) throws -> WriteEvidence {
        guard let names = FileNames(name: write.transaction, write: write.identity.write) else {
            return .unknowable(detail: "\"\(write.transaction)\" names no file of write \(write.identity.write)")
        }
        for name in [names.name, names.none] {
            guard let times = try directory.times(of: name) else { continue }
            // The dead process may have been killed before its sync; a verdict must outlast a power failure.
            try directory.sync()
            // The rename was the last that happened to it, unless somebody has changed its owner or mode since.
            return .applied(detail: "\(directory.path)/\(name) is there", at: times.changed)
        }
        for name in [names.part, names.void] where try directory.times(of: name) != nil {
            return .notApplied(detail: "\(directory.path)/\(name) was not renamed to \(names.name)")
        }
        guard write.system.isEmpty || write.system == directory.system else {
            return .unknowable(
                detail: "directory \(directory.path) is \(directory.system), the write went to \(write.system): "
                    + "it was replaced"
            )
        }
        return .unknowable(
            detail: "neither \(names.name) nor what precedes it is in \(directory.path): it was taken away or removed"
        )
    }
}
