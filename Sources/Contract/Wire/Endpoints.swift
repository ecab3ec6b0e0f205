internal import Foundation
public import Model

/// Where the sockets of a coordinator are.
public struct Endpoints: Sendable, Hashable {
    /// Workers' ROUTER.
    public var work: String
    /// Supervisors' ROUTER.
    public var fleet: String
    /// XPUB.
    public var control: String

    public init(work: String, fleet: String, control: String) {
        self.work = work
        self.fleet = fleet
        self.control = control
    }

    /// Sockets in a runtime directory (see `RuntimeDirectory`).
    ///
    /// Throws `invalid` when a path does not fit into a socket's address.
    public static func local(in directory: String) throws(SluiceError) -> Endpoints {
        func endpoint(_ name: String) throws(SluiceError) -> String {
            let path = "\(directory)/\(name)"
            guard path.utf8.count <= RuntimeDirectory.socketPathBytesMax else {
                throw SluiceError(
                    .invalid,
                    """
                    socket path \(path) has \(path.utf8.count) bytes, the system allows \
                    \(RuntimeDirectory.socketPathBytesMax); set XDG_RUNTIME_DIR to a shorter directory
                    """
                )
            }
            return "ipc://\(path)"
        }
        return Endpoints(
            work: try endpoint("work"),
            fleet: try endpoint("fleet"),
            control: try endpoint("control")
        )
    }

    /// Throws `unsupported` unless an endpoint to bind can be reached from this host alone.
    public static func requireLocal(_ endpoint: String) throws(SluiceError) {
        if endpoint.hasPrefix("ipc://") || endpoint.hasPrefix("inproc://") { return }
        if endpoint.hasPrefix("tcp://") {
            let address = endpoint.dropFirst("tcp://".count)
            if let colon = address.lastIndex(of: ":"), isLoopback(address[..<colon]) { return }
        }
        throw SluiceError(
            .unsupported,
            """
            endpoint \(endpoint) would be reachable from other hosts, whose connections are not \
            encrypted yet; bind ipc:// or tcp://127.0.0.1:PORT
            """
        )
    }

    /// Literal addresses only: what a name means is decided elsewhere.
    private static func isLoopback(_ host: Substring) -> Bool {
        if host == "[::1]" || host == "localhost" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}
