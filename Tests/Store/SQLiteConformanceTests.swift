import Testing

struct SQLiteConformanceTests {
    @Test(arguments: StoreConformance.checks)
    func `the SQLite store does what every store does`(_ check: StoreConformance.Check) throws {
        let scratch = try Scratch()
        try check.run { try scratch.open() }
    }
}
