extension Registry.Kind {
    /// PostgreSQL 13 and later. Settings: `url` (libpq), `schema` (of tables named without one; default `public`).
    static let postgres = Registry.Kind(
        type: "postgres",
        makeSource: { try PostgresSource($0) },
        makeDestination: { try PostgresDestination($0) },
        capabilities: PostgresDestination.capabilities
    )
}
