import Model
import TestSupport

/// Mirrors a table of one PostgreSQL database into another, whose trigger keeps the ledger. Before each run another quarter
/// of the records is missing at the source, and the one that was missing is back.
final class MirrorArena: Arena {
    let name = "postgres, mirror"
    let environment: [String: String] = [:]
    let configuration: String
    /// Half of the kills are meant for the deletes.
    let sites = KillSite.ofWrites + KillSite.ofDeletes
    private let source: PostgresServer
    private let destination: PostgresServer
    private var round = 0
    /// Records that a run that is whole inserts, and those that it deletes.
    private var inserts = 0
    private var deletes = 0

    /// - Parameter commitDelay: ms that a commit takes (at most 100), so that kills land between permit and outcome.
    init(commitDelay: Int) throws {
        source = try .withContacts()
        destination = try PostgresServer()
        try destination.run(
            """
            CREATE TABLE people (id bigint PRIMARY KEY, email text, name text);
            CREATE TABLE ledger (id bigint, operation text, xid bigint DEFAULT txid_current());
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN INSERT INTO ledger (id, operation) VALUES (coalesce(NEW.id, OLD.id), TG_OP); RETURN NULL; END';
            CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION note()
            """
        )
        try destination.delayCommits(commitDelay)
        configuration = ArenaData.configuration(
            source: "{ type: postgres, url: \"\(source.url)\" }",
            destination: "{ type: postgres, url: \"\(destination.url)\" }",
            stream: "destination: people, key: [id], write_mode: mirror, max_deletes: 1"
        )
    }

    /// The destination stays as the last run left it: every row in it is the stream's own.
    func reset() throws {
        round += 1
        try source.run(
            """
            BEGIN;
            DELETE FROM contacts;
            INSERT INTO contacts \(ArenaData.ids) \(ArenaData.source) WHERE i % 4 <> \(round % 4);
            COMMIT
            """
        )
        try destination.run("TRUNCATE ledger")
        let wanted = Set(try source.rows("SELECT id FROM contacts"))
        let found = Set(try destination.rows("SELECT id FROM people"))
        inserts = wanted.subtracting(found).count
        deletes = found.subtracting(wanted).count
    }

    /// Deletes of a run that is whole are all or none: a view of the source that was lost turns them off.
    func judge(_ verdicts: [Int: Verdict], isWhole: Bool) throws -> Judgement {
        var effects: [Int: Int] = [:]
        var hasDeleted = false
        for row in try destination.rows("SELECT id, operation FROM ledger") {
            let fields = row.split(separator: "|")
            effects[Int(fields[0]) ?? -1, default: 0] += 1
            hasDeleted = hasDeleted || fields[1] == "DELETE"
        }
        return Judgement(verdicts, effects: effects, whole: isWhole ? inserts + (hasDeleted ? deletes : 0) : nil)
    }

    func lastEffectAt() throws -> Timestamp? {
        try destination.lastCommit(of: "SELECT DISTINCT xid FROM ledger")
    }
}
