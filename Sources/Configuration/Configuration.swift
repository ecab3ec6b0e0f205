import Foundation
public import Model

/// What a `sluice.yaml` says: connections and jobs, checked as far as that is possible without asking any system.
///
/// References (`${NAME}`, `file:PATH`) are kept as they are; only a worker process resolves them. Relative paths are
/// made absolute against the folder of the file, so that it means the same to whoever reads it.
public struct Configuration: Sendable, Hashable {
    public var connections: [ConnectionSpec]
    public var jobs: [JobSpec]
    /// Legal, but to be thought about; each names file, line and column.
    public var warnings: [Mistake]

    /// A configuration larger than this is refused.
    public static let bytesMax = 1 << 20

    static let keys = ["connections", "jobs"]

    /// Reads the file at `path`.
    ///
    /// - Throws: `ConfigurationError` with every mistake of the file; nothing of it is to be used then.
    public static func load(path: String) throws -> Configuration {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let file = ConfigurationFile(path: path)
        return try parse(try file.text(), file: path, folder: folder)
    }

    /// - Parameters:
    ///   - text: the YAML document.
    ///   - file: its name in messages.
    ///   - folder: absolute path that relative paths in it start from.
    /// - Throws: `ConfigurationError` with every mistake.
    public static func parse(_ text: String, file: String, folder: String) throws -> Configuration {
        let findings = Findings(file: file)
        guard let root = try Document.root(of: text, findings: findings),
            let top = root.section(allowed: keys, required: [])
        else {
            throw ConfigurationError(findings.mistakes)
        }
        let connections = ConnectionReader(folder: folder).connections(in: top["connections"])
        let reader = JobReader(connections: connections.specs, broken: connections.broken)
        let jobs = reader.jobs(in: top["jobs"])
        guard findings.mistakes.isEmpty else { throw ConfigurationError(findings.mistakes) }
        return Configuration(connections: connections.specs, jobs: jobs, warnings: findings.warnings)
    }
}
