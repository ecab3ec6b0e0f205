import Model

extension Registry.Kind {
    /// CSV files (RFC 4180). Settings: see `FileSettings`.
    static let csv = files(.csv)
    /// Files with one JSON object on each line.
    static let jsonl = files(.jsonl)

    private static func files(_ format: FileFormat) -> Registry.Kind {
        Registry.Kind(
            type: format.rawValue,
            makeSource: { FileSource(try FileSettings($0, format: format)) },
            makeDestination: { FileDestination(try FileSettings($0, format: format)) },
            capabilities: FileDestination.capabilities
        )
    }
}
