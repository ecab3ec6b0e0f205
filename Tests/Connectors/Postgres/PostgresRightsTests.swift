import Connectors
import Foundation
import Model
import TestSupport
import Testing

/// A role that may write to one table and make nothing: stopped by its sessions, judged by transaction ids.
@Suite final class PostgresRightsTests {
    private let bench: PostgresBench
    private let role: String
    private var server: PostgresServer { bench.server }

    init() throws {
        bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, name text)")
        role = "role_\(bench.server.database)"
        try server.run("CREATE ROLE \(role) LOGIN; GRANT SELECT, INSERT, UPDATE ON t TO \(role)")
    }

    deinit {
        #expect(throws: Never.self) { try server.run("ROLLBACK; DROP OWNED BY \(role); DROP ROLE \(role)") }
    }

    private func destination() throws -> any Destination {
        try Registry.destination(for: bench.connection(url: server.url(user: role)))
    }

    private func staged(_ writer: any Destination, _ sql: String) throws -> WriteInDoubt {
        let identity = bench.identity(WriteID.make(milliseconds: 7))
        try writer.openGate(installation: bench.installation, run: bench.run)
        try writer.openFence(identity)
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let write = try writer.stage(identity, target: target, rows: bench.batch(sql), rejections: [:])
        try writer.apply()
        return WriteInDoubt(identity: identity, transaction: write.transaction, system: write.system)
    }

    private func closeFence(_ closer: any Destination, _ doubt: WriteInDoubt) throws {
        try closer.closeFence(
            installation: bench.installation,
            run: bench.run,
            attempt: bench.attempt,
            transactions: [doubt.transaction]
        )
    }

    @Test func `without rights to make anything it writes, and check says by what it is stopped`() throws {
        let writer = try destination()
        let notes = try writer.check()
        #expect(notes.count == 1)
        #expect(notes[0].hasPrefix("as a destination: stopped runs are kept from writing by ending their sessions; "))
        #expect(notes[0].contains("role \(role) may not make the schema \"sluice\"; let an administrator run"))
        let doubt = try staged(writer, "SELECT 1::int8, 'one'")
        _ = try writer.commit()
        #expect(try server.rows("SELECT * FROM t") == ["1|one"])
        #expect(try server.value("SELECT to_regnamespace('sluice') IS NULL") == "t")
        let closer = try destination()
        try closeFence(closer, doubt)
        try closeFence(closer, doubt)
        guard case .applied(let detail, let moment) = try closer.evidence(of: doubt) else {
            Issue.record("a committed write was not found applied")
            return
        }
        #expect(detail == "transaction \(doubt.transaction) committed")
        let microseconds = "(1e6 * extract(epoch FROM pg_xact_commit_timestamp(xmin)))::int8"
        #expect(try server.value("SELECT \(microseconds) FROM t") == "\(moment?.microseconds ?? 0)")
    }

    @Test func `check counts the tables that may be written, resolving names the right that is missing`() throws {
        try server.run("CREATE TABLE other (id int8 PRIMARY KEY, name text); GRANT SELECT ON other TO \(role)")
        let grant =
            "a table that a job writes to needs GRANT SELECT, INSERT, UPDATE ON it TO \(role), to append INSERT alone"
        let some = "as a destination: role \(role) may write to only 1 of the 2 tables; \(grant)"
        #expect(try destination().check().first == some)
        let error = #expect(throws: SluiceError.self) {
            _ = try destination().resolve(table: "other", fields: ["id", "name"], key: ["id"])
        }
        #expect(error?.code == .denied)
        #expect(
            error?.message.hasSuffix(
                "role \(role) may not INSERT, UPDATE on table \"other\", to which it is to write; "
                    + "GRANT INSERT, UPDATE ON \"public\".\"other\" TO \(role)"
            ) == true,
            "\(error?.message ?? "")"
        )
        try server.run("GRANT INSERT, UPDATE (name) ON other TO \(role)")
        #expect(throws: Never.self) {
            _ = try destination().resolve(table: "other", fields: ["id", "name"], key: ["id"])
        }
        let mirror = #expect(throws: SluiceError.self) {
            _ = try destination().resolve(table: "t", fields: ["id", "name"], key: ["id"], mode: .mirror)
        }
        #expect(mirror?.message.contains("may not DELETE on table \"t\"") == true, "\(mirror?.message ?? "")")
        try server.run("REVOKE INSERT, UPDATE ON t, other FROM \(role); REVOKE UPDATE (name) ON other FROM \(role)")
        let none = "as a destination: role \(role) may write to none of the 2 tables; \(grant)"
        #expect(try destination().check().first == none)
        #expect(try bench.destination().check().count == 1)
    }

    @Test func `a permitted transaction is ended by closing, and known not to be applied`() throws {
        for isGate in [true, false] {
            let writer = try destination()
            let doubt = try staged(writer, "SELECT 1::int8, 'one'")
            let closer = try destination()
            if isGate {
                try closer.closeGate(
                    installation: bench.installation,
                    run: bench.run,
                    attempts: [bench.attempt],
                    transactions: [doubt.transaction]
                )
            } else {
                try closeFence(closer, doubt)
            }
            let failure = #expect(throws: WriteFailure.self) { _ = try writer.commit() }
            guard case .rolledBack = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(try closer.evidence(of: doubt) == .notApplied(detail: "transaction \(doubt.transaction) aborted"))
            #expect(try server.value("SELECT count(*) FROM t") == "0")
        }
    }

    @Test func `a commit that races with closing has ended when closing returns, and evidence agrees with the table`()
        throws
    {
        let closer = try destination()
        var applied = 0
        for round in 1...20 {
            let writer = try destination()
            let doubt = try staged(writer, "SELECT \(round)::int8, 'one'")
            let commit = PostgresWorker {
                do { _ = try writer.commit() } catch is WriteFailure {}
            }
            try closeFence(closer, doubt)
            let count = try server.value("SELECT count(*) FROM t WHERE id = \(round)")
            let evidence = try closer.evidence(of: doubt)
            try commit.join()
            #expect(evidence.isApplied == (count == "1"))
            #expect(evidence.isNotApplied == (count == "0"))
            #expect(try server.value("SELECT count(*) FROM t WHERE id = \(round)") == count)
            applied += evidence.isApplied ? 1 : 0
        }
        #expect(try server.value("SELECT count(*) FROM t") == "\(applied)")
    }

    @Test func `what the server cannot know is unknowable`() throws {
        let writer = try destination()
        var doubt = try staged(writer, "SELECT 1::int8, 'one'")
        _ = try writer.commit()
        doubt.system = "1/1"
        guard case .unknowable = try writer.evidence(of: doubt) else {
            Issue.record("another system's transaction was judged")
            return
        }
        doubt = WriteInDoubt(identity: doubt.identity, transaction: "999999999999", system: "")
        doubt.system = try staged(destination(), "SELECT 2::int8, 'two'").system
        guard case .unknowable = try writer.evidence(of: doubt) else {
            Issue.record("a transaction that never was is judged")
            return
        }
    }

    @Test func `a role that may not even end its own sessions is refused with what to grant`() throws {
        try server.run("REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM PUBLIC")
        let error = #expect(throws: SluiceError.self) { try destination().check() }
        #expect(error?.code == .denied)
        #expect(error?.message.contains("GRANT EXECUTE ON FUNCTION pg_terminate_backend") == true)
        #expect(error?.message.contains("Deploy/postgres-fence.sql") == true)
        #expect(throws: SluiceError.self) {
            try destination().openGate(installation: bench.installation, run: bench.run)
        }
    }

    @Test func `what an administrator prepares is what Sluice makes, and the role then writes behind the fence`() throws
    {
        try server.run(Self.prepared(for: role))
        let writer = try destination()
        let said = "as a destination: the database itself refuses writes of stopped runs, in its schema \"sluice\""
        #expect(try writer.check() == [said])
        let doubt = try staged(writer, "SELECT 1::int8, 'one'")
        _ = try writer.commit()
        let closer = try destination()
        try closeFence(closer, doubt)
        guard case .applied(let detail, _) = try closer.evidence(of: doubt) else {
            Issue.record("a committed write was not found applied")
            return
        }
        #expect(detail == "transaction \(doubt.transaction) committed and left its marker")

        let own = try PostgresBench()
        try own.destination().openGate(installation: own.installation, run: own.run)
        let catalog = """
            SELECT c.relname, a.attname, format_type(a.atttypid, -1), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'sluice'::regnamespace
            UNION ALL SELECT proname, prosrc, NULL, NULL, NULL FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace
            ORDER BY 1, 2
            """
        let spaces: ([String]) -> [String] = { $0.map { $0.split { $0.isWhitespace }.joined(separator: " ") } }
        #expect(try spaces(server.rows(catalog)) == spaces(own.server.rows(catalog)))
    }

    @Test func `a schema that others made is not used without the rights in it`() throws {
        try bench.destination().openGate(installation: bench.installation, run: bench.run)
        let notes = try destination().check()
        #expect(notes.first?.contains("role \(role) has no rights in schema \"sluice\"") == true, "\(notes)")
        let doubt = try staged(destination(), "SELECT 1::int8, 'one'")
        #expect(UInt64(doubt.transaction) != nil)
    }

    /// Deploy/postgres-fence.sql without what only psql understands.
    private static func prepared(for role: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Deploy/postgres-fence.sql")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("\\") }.joined(separator: "\n").replacing(":\"role\"", with: role)
    }
}
