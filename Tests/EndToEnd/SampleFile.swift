import Drivers

/// A SQLite file made for a test.
enum SampleFile {
    static func make(_ path: String, _ sql: String) throws {
        let file = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5))
        try file.execute(sql)
    }
}
