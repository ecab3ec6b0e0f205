import Model

/// The names that a write has in its directory, one after another.
///
///     .sluice.NAME.part   while it is prepared (hidden)
///     NAME                committed: the rename from the one to the other is the commit
///     .sluice.NAME.void   rolled back, empty, so that this can be told from a file that somebody has taken away
///     .sluice.NAME.none   committed, and no record was left to write
///
/// NAME is `STREAM.RUN.WRITE.csv.gz`; with `roll` it is `STREAM.RUN.WRITE`, a directory of files.
struct FileNames {
    private static let prefix = ".sluice."
    private static let ends = [".part", ".void", ".none"]
    /// Of a stream: with two ids and the ends a name has at most 255 bytes.
    static let streamBytesMax = 140

    let name: String

    init(_ stream: String, _ identity: WriteIdentity, end: String) {
        name = "\(stream).\(identity.run).\(identity.write)\(end)"
    }

    /// Of a write that is known by its intent; nil for a name that no write has.
    init?(name: String, write: WriteID) {
        guard name.contains(".\(write)"), !name.contains("/") else { return nil }
        self.name = name
    }

    var part: String { "\(Self.prefix)\(name).part" }
    var void: String { "\(Self.prefix)\(name).void" }
    var none: String { "\(Self.prefix)\(name).none" }

    /// Whether a hidden file is one that a write has left.
    static func isLeftover(_ file: String) -> Bool {
        file.hasPrefix(prefix) && ends.contains { file.hasSuffix($0) }
    }
}
