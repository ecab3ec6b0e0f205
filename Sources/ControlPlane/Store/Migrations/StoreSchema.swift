import GRDB

/// The versions of the store's schema, oldest first. A version that was released is never edited.
enum StoreSchema {
    static let migrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: schema1) }
        migrator.registerMigration("2") { try $0.execute(sql: schema2) }
        migrator.registerMigration("3") { try $0.execute(sql: schema3) }
        migrator.registerMigration("4") { try $0.execute(sql: schema4) }
        return migrator
    }()

    /// Brings a new or older store to the newest version; refuses one that a newer Sluice wrote.
    static func migrate(_ pool: DatabasePool) throws {
        let unknown = try pool.read { database in
            try migrator.appliedIdentifiers(database).subtracting(migrator.migrations)
        }
        guard unknown.isEmpty else {
            throw StoreError.failed(
                detail: """
                    the store \(pool.path) has schema version \(unknown.sorted().joined(separator: ", ")), \
                    this Sluice knows versions up to \(migrator.migrations.last ?? "0"): \
                    start the newer Sluice that wrote it, or restore a copy of before
                    """
            )
        }
        try migrator.migrate(pool)
    }
}
