import Foundation
import GRDB
public import Model

/// The store of one installation in one SQLite file: WAL, every commit synced.
///
/// The one writer's connection takes the changes; a pool of readers answers the queries, each on the last applied
/// transaction, without ever waiting for the writer. SIGKILL at any instruction leaves the last applied transaction.
public final class SQLiteStore: Store {
    private static let busyTimeout = Duration.seconds(5)
    private static let readersMax = 4
    /// 16 MiB of log between checkpoints: segments are written once there and once into the file.
    private static let checkpointPages = 4_096

    public let installation: InstallationID
    public let epoch: UInt64
    let path: String
    let pool: DatabasePool
    private let lock: LeaderLock
    private let reserve: ReserveFile

    /// Takes the leadership on the store at `path`, which is made when it does not exist (its folder must).
    ///
    /// On a full disk the reserve is given up: a run that is being cancelled must be taken up again.
    ///
    /// Throws `StoreError.locked` with the leader's process and address when another process leads, `full` without
    /// room for the file, `failed` for a file that is no store or that a newer Sluice wrote.
    public static func open(path: String) throws -> SQLiteStore {
        try StoreFailure.naming(path) {
            let lock = try LeaderLock(store: path)
            do {
                return try StoreFailure.naming(path) { try SQLiteStore(path: path, lock: lock) }
            } catch StoreError.full(let file) {
                guard ReserveFile(store: path).free() else { throw StoreError.full(path: file) }
                return try SQLiteStore(path: path, lock: lock)
            }
        }
    }

    /// Who leads on the store at `path`; nil when nobody does. Never waits, and takes nothing.
    public static func leader(path: String) -> Leader? {
        LeaderLock.leader(store: path)
    }

    private init(path: String, lock: LeaderLock) throws {
        self.lock = lock
        reserve = ReserveFile(store: path)
        self.path = path
        try StoreFile.protect(path)
        pool = try DatabasePool(path: path, configuration: Self.configuration)
        // GRDB sets NORMAL on the writer when it turns WAL on: then a commit would not be synced.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
        }
        try StoreSchema.migrate(pool)
        (installation, epoch) = try pool.write(Self.takeEpoch)
        reserve.create()
    }

    /// Tells this user's other processes where the API of this process is and what token it asks for.
    public func announce(address: String, token: String) throws {
        try lock.announce(address: address, token: token)
    }

    public func apply(_ changes: [StoreChange]) throws {
        guard !changes.isEmpty else { return }
        try StoreFailure.naming(path) {
            try pool.write { database in
                let transaction = SQLiteTransaction(database: database, epoch: epoch)
                try transaction.requireLeadership()
                for change in changes { try transaction.apply(change) }
            }
        }
    }

    public func freeReserve() -> Bool {
        reserve.free()
    }

    /// Runs a query on a reader, at the last applied transaction.
    func read<Value>(_ query: (Database) throws -> Value) throws -> Value {
        try StoreFailure.naming(path) { try pool.read(query) }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(TimeInterval(busyTimeout.components.seconds))
        configuration.maximumReaderCount = readersMax
        configuration.persistentReadOnlyConnections = true
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    /// The installation's id, made at the first opening, and the epoch of this leadership.
    private static func takeEpoch(_ database: Database) throws -> (InstallationID, UInt64) {
        let fresh = InstallationID.make(milliseconds: UInt64(Date().timeIntervalSince1970 * 1_000))
        try database.execute(
            sql: "INSERT INTO meta (one, installation, epoch) VALUES (1, ?, 0) ON CONFLICT DO NOTHING",
            arguments: [Data(fresh.bytes)]
        )
        try database.execute(sql: "UPDATE meta SET epoch = epoch + 1")
        guard let row = try Row.fetchOne(database, sql: "SELECT installation, epoch FROM meta") else {
            throw StoreError.failed(detail: "the store lost its row of meta")
        }
        return (try row.identifier("installation"), UInt64(try row.value("epoch") as Int64))
    }
}
