import Foundation
import Model

/// Where a server answers: `http://127.0.0.1:7584`.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: UInt16

    public static let defaultPort: UInt16 = 7584

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// - Throws: `invalid` for anything but `http://HOST[:PORT]` and `HOST:PORT`.
    public init(_ text: String) throws {
        let url = text.contains("://") ? text : "http://\(text)"
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty,
            parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.user == nil,
            let port = UInt16(exactly: parts.port ?? Int(Self.defaultPort))
        else {
            throw SluiceError(
                .invalid,
                "\"\(text)\" is not the address of a server; expected http://HOST:PORT, "
                    + "for example http://127.0.0.1:\(Self.defaultPort)"
            )
        }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        self.port = port
    }

    public var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    public var description: String { "http://\(authority)" }
}
