import Foundation
import Model

extension Identifier {
    /// The 16 bytes as the store keeps them.
    var blob: Data { Data(bytes) }
}
