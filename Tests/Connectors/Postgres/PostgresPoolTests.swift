import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresPoolTests {
    @Test(arguments: ["transaction", "statement"])
    func `a pool that changes the session is refused with the reason, at both ends`(mode: String) throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY)")
        let pool = try PostgresPool(of: bench.server, mode: mode)
        let source = try Registry.source(for: bench.connection(url: pool.url))
        let destination = try Registry.destination(for: bench.connection(url: pool.url))
        for check in [{ try source.check() }, { _ = try destination.check() }] {
            let error = #expect(throws: SluiceError.self) { try check() }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("pool_mode transaction or statement") == true, "\(error?.message ?? "")")
        }
    }

    @Test func `a pool in session mode works, and its sessions can be fenced`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, name text)")
        let pool = try PostgresPool(of: bench.server, mode: "session")
        let writer = try Registry.destination(for: bench.connection(url: pool.url))
        try writer.openGate(installation: bench.installation, run: bench.run)
        try writer.openFence(bench.identity())
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        try bench.write(writer, target, bench.batch("SELECT 1::int8, 'one'"))
        let open = try writer.stage(
            bench.identity(),
            target: target,
            rows: bench.batch("SELECT 2::int8, 'two'"),
            rejections: [:]
        )
        try writer.apply()
        let closer = try Registry.destination(for: bench.connection(url: pool.url))
        try closer.closeGate(
            installation: bench.installation,
            run: bench.run,
            attempts: [bench.attempt],
            transactions: [open.transaction]
        )
        #expect(throws: WriteFailure.self) { _ = try writer.commit() }
        #expect(try bench.server.rows("SELECT * FROM t") == ["1|one"])
    }
}
