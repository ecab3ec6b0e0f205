internal import Foundation
internal import Model
internal import SwiftProtobuf

/// The checks of a message's fields; knows whose message it is and where in it we are.
struct Check {
    let sender: String
    var place = ""

    func within(_ name: String) -> Check {
        Check(sender: sender, place: place.isEmpty ? name : "\(place).\(name)")
    }

    func violation(_ what: String) -> ProtocolViolation {
        ProtocolViolation(sender: sender, what: place.isEmpty ? what : "\(place): \(what)")
    }

    func id(_ bytes: Data, _ name: String) throws(ProtocolViolation) {
        guard bytes.count == 16 else {
            throw violation("\(name) has \(bytes.count) bytes, an id has 16")
        }
    }

    func optionalID(_ bytes: Data, _ name: String) throws(ProtocolViolation) {
        if !bytes.isEmpty { try id(bytes, name) }
    }

    func ids(_ list: [Data], _ name: String) throws(ProtocolViolation) {
        for bytes in list { try id(bytes, name) }
    }

    func digest(_ bytes: Data) throws(ProtocolViolation) {
        guard bytes.count == 16 else {
            throw violation("digest has \(bytes.count) bytes, expected are 16")
        }
    }

    /// An enumeration must have a value that is known and not 0.
    func known<Value: SwiftProtobuf.Enum & CaseIterable>(
        _ value: Value,
        _ name: String
    ) throws(ProtocolViolation) {
        guard value.rawValue != 0, Value.allCases.contains(where: { $0.rawValue == value.rawValue })
        else { throw violation("\(name) has the unknown value \(value.rawValue)") }
    }

    func present(_ isThere: Bool, _ name: String) throws(ProtocolViolation) {
        guard isThere else { throw violation("\(name) is missing") }
    }

    func atMost(_ limit: Int, _ count: Int, _ name: String) throws(ProtocolViolation) {
        guard count <= limit else { throw violation("\(count) \(name), allowed are \(limit)") }
    }

    func incarnation(_ bytes: Data, on channel: Channel) throws(ProtocolViolation) -> Incarnation? {
        guard channel.hasIncarnation else {
            guard bytes.isEmpty else { throw violation("the coordinator has no incarnation") }
            return nil
        }
        try id(bytes, "incarnation")
        return Incarnation(bytes: bytes)
    }
}
