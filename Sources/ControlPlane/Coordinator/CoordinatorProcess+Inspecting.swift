import Model
public import Store

extension CoordinatorProcess {
    /// A service that answers from a store that nobody leads: reads only, no process is started, no run is taken up.
    ///
    /// Whatever would change something throws `unreachable`.
    ///
    /// - Parameter store: open, and led by this process.
    public static func inspect(store: any Store) throws -> any ControlService {
        let mailbox = try Mailbox()
        _ = mailbox.close()
        return CoordinatorService(store: store, mailbox: mailbox, board: LiveBoard())
    }
}
