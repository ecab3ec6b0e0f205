import Drivers
import Glibc
import TestSupport
import Testing

@Suite struct PostgresDriverTests {
    @Test func `parameters and results travel in binary form`() throws {
        let server = try PostgresServer()
        let number = withUnsafeBytes(of: Int64(-7).bigEndian, Array.init)
        let answer = try server.session.query(
            PostgresStatement(
                "SELECT $1::int8 * 6, $2::text, $3::int4",
                [.binary(number, type: 20), .text("a'b"), .null]
            )
        )
        withExtendedLifetime(answer) {
            #expect(
                answer.unsafeField(row: 0, column: 0)
                    .map { Int64(bigEndian: $0.loadUnaligned(as: Int64.self)) } == -42
            )
        }
        #expect(answer.text(row: 0, column: 1) == "a'b")
        #expect(answer.isNull(row: 0, column: 2))
    }

    @Test func `an empty text is not NULL`() throws {
        let server = try PostgresServer()
        let answer = try server.session.query(PostgresStatement("SELECT ''::text, NULL::text"))
        #expect(answer.text(row: 0, column: 0)?.isEmpty == true)
        #expect(answer.text(row: 0, column: 1) == nil)
    }

    @Test func `an error carries its SQLSTATE, constraint and detail, and the session goes on`() throws {
        let server = try PostgresServer()
        try server.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        let error = #expect(throws: PostgresError.self) { try server.run("INSERT INTO t VALUES (1)") }
        #expect(error?.sqlState == "23505")
        #expect(error?.constraint == "t_pkey")
        #expect(error?.detail == "Key (id)=(1) already exists.")
        #expect(error?.isConnectionLost == false)
        #expect(try server.value("SELECT 1") == "1")
    }

    @Test func `a pipeline stops at its first error and leaves the session usable`() throws {
        let server = try PostgresServer()
        try server.run("CREATE TABLE t (id int)")
        let error = #expect(throws: PostgresError.self) {
            _ = try server.session.pipeline([
                PostgresStatement("SELECT 1"), PostgresStatement("SELECT 1 / 0"),
                PostgresStatement("INSERT INTO t VALUES (1)"),
            ])
        }
        #expect(error?.sqlState == "22012")
        #expect(try server.value("SELECT count(*) FROM t") == "0")
        let answers = try server.session.pipeline([PostgresStatement("SELECT 2"), PostgresStatement("SELECT 3")])
        #expect(answers.count == 2)
    }

    @Test func `COPY carries bytes in and out, and can be given up`() throws {
        let server = try PostgresServer()
        try server.run("CREATE TABLE t (id int, name text)")
        let answers = try server.session.copyIn("BEGIN; SELECT 7; COPY t FROM STDIN; COMMIT") { send in
            try Array("1\tone\n2\ttwo\n".utf8).withUnsafeBytes(send)
        }
        #expect(answers.map(\.commandTag) == ["BEGIN", "SELECT 1", "COPY 2", "COMMIT"])
        #expect(answers[1].text(row: 0, column: 0) == "7")
        #expect(answers[2].affected == 2)
        #expect(throws: PostgresError.self) { try server.session.copyIn("SELECT 1") { _ in } }
        struct GivenUp: Error {}
        #expect(throws: GivenUp.self) {
            _ = try server.session.copyIn("COPY t FROM STDIN") { send in
                try Array("3\tthree\n".utf8).withUnsafeBytes(send)
                throw GivenUp()
            }
        }
        var lines = ""
        try server.session.copyOut("COPY t TO STDOUT") { lines += String(decoding: $0, as: UTF8.self) }
        #expect(lines == "1\tone\n2\ttwo\n")
        #expect(throws: GivenUp.self) {
            try server.session.copyOut("COPY t TO STDOUT") { _ in throw GivenUp() }
        }
        #expect(try server.value("SELECT count(*) FROM t") == "2")
    }

    @Test func `COPY of bytes that do not fit says in which line`() throws {
        let server = try PostgresServer()
        try server.run("CREATE TABLE t (id int)")
        let error = #expect(throws: PostgresError.self) {
            _ = try server.session.copyIn("COPY t FROM STDIN") { send in
                try Array("1\nx\n".utf8).withUnsafeBytes(send)
            }
        }
        #expect(error?.sqlState == "22P02")
        #expect(error?.context?.hasPrefix("COPY t, line 2, column id") == true)
    }

    @Test func `a terminated session is seen as lost`() throws {
        let server = try PostgresServer()
        let other = try PostgresConnection(url: server.url)
        let pid = try other.execute("SELECT pg_backend_pid()")[0].text(row: 0, column: 0) ?? ""
        try server.run("SELECT pg_terminate_backend(\(pid), 5000)")
        let error = #expect(throws: PostgresError.self) { try other.execute("SELECT 1") }
        #expect(error?.isConnectionLost == true)
        #expect(!other.isOpen)
    }

    @Test func `the socket does not pass to a child process`() throws {
        let server = try PostgresServer()
        let flags = fcntl(server.session.descriptor, F_GETFD)
        #expect(flags >= 0)
        #expect(flags & FD_CLOEXEC == FD_CLOEXEC)
    }

    @Test func `a refused connection says why and carries its SQLSTATE`() throws {
        let server = try PostgresServer()
        let url = PostgresServer.url(server.url, database: "nowhere")
        let error = #expect(throws: PostgresError.self) { _ = try PostgresConnection(url: url) }
        #expect(error?.sqlState == "3D000")
        #expect(error?.message == "database \"nowhere\" does not exist")
    }

    @Test func `a malformed string is refused without quoting the password in it`() {
        let error = #expect(throws: PostgresError.self) {
            _ = try PostgresConnection(url: "postgresql://u:sec%zzret@h/d")
        }
        #expect(error?.description.contains("ret@") == false)
        #expect(error?.description.contains("cannot be parsed") == true)
    }

    @Test func `notices of the server are not printed`() throws {
        // What it would print goes to stderr of the test run; here the session must only survive it.
        let server = try PostgresServer()
        try server.run("DO $$ BEGIN RAISE WARNING 'a warning nobody asked for'; END $$")
        #expect(try server.value("SELECT 1") == "1")
    }
}
