import Drivers
import Foundation
import TestSupport

/// Holds one commit up at the destination, behind the end of the process that sent it: a trigger at the marker waits for
/// a lock that this has, without noticing that its client is gone.
final class LingeringCommit {
    private let destination: PostgresServer
    private let holder: PostgresConnection
    private static let lock = 165_047

    /// - Parameter write: the how-manieth from now on. The tables of a first run must be there.
    init(_ arena: PostgresArena, write: Int) throws {
        destination = arena.destination
        try destination.run(
            """
            CREATE SEQUENCE public.markers;
            CREATE FUNCTION public.linger() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('public.markers') = \(write) THEN
                    PERFORM set_config('client_connection_check_interval', '0', true);
                    PERFORM set_config('lock_timeout', '0', true);
                    PERFORM pg_advisory_xact_lock(\(Self.lock));
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER lingers BEFORE INSERT ON sluice.marker FOR EACH ROW EXECUTE FUNCTION public.linger()
            """
        )
        holder = try PostgresConnection(url: destination.url)
        try holder.execute("SELECT pg_advisory_lock(\(Self.lock))")
    }

    /// Until a commit waits.
    func awaitBlocked() throws {
        try poll { try waiting() == "1" }
    }

    /// Lets the commit go on, if it is still there, and waits until its session has ended.
    func release() throws {
        let pid = try destination.value("SELECT coalesce((SELECT pid FROM pg_locks WHERE \(Self.isWaiting)), 0)")
        try holder.execute("SELECT pg_advisory_unlock(\(Self.lock))")
        try poll { try destination.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == "0" }
    }

    private func waiting() throws -> String {
        try destination.value("SELECT count(*) FROM pg_locks WHERE \(Self.isWaiting)")
    }

    private static let isWaiting = """
        locktype = 'advisory' AND NOT granted AND objid = \(lock)
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """

    /// The server tells nobody of its locks.
    private func poll(_ isDone: () throws -> Bool) throws {
        let end = ContinuousClock.now.advanced(by: .seconds(60))
        while try !isDone() {
            guard ContinuousClock.now < end else { throw Waited() }
            _ = try Poller.wait(sockets: [], descriptors: [], timeout: .milliseconds(5))
        }
    }

    private struct Waited: Error, CustomStringConvertible {
        let description = "waited 60 s for a lingering commit"
    }
}
