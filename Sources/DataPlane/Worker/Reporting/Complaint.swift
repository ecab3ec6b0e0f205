import Foundation
import Model

/// One line on standard error. Normal operation writes none.
struct Complaint: Sendable {
    let incarnation: Incarnation

    func callAsFunction(_ text: String) {
        // The last digits: the first are the time, which workers of one run share.
        let name = incarnation.description.suffix(8)
        let line = text.replacing("\n", with: " ")
        FileHandle.standardError.write(Data("sluice-worker \(name): \(line)\n".utf8))
    }
}
