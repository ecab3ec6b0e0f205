import Model

extension Registry.Kind {
    /// SQLite files. Settings: `path` (of a file that exists).
    static let sqlite = Registry.Kind(
        type: "sqlite",
        makeSource: { try SQLiteSource($0) },
        makeDestination: { try SQLiteDestination($0) },
        capabilities: SQLiteDestination.capabilities
    )
}
