public import Client
import Foundation

/// What the leader of a store tells its owner's other processes, in the file beside it.
public struct LockFile: Decodable {
    public var address: String
    public var token: String

    public init(store: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: "\(store).lock")))
    }

    public func client() throws -> Client {
        Client(server: try ServerAddress(address), token: token)
    }
}
