import Foundation
import Hummingbird
import HummingbirdCore
import Model
import NIOCore

/// What a request asks: its path, query and body, read with bounds and with errors that name the part.
struct Asked {
    let request: Request
    let context: Routes.Context

    /// A body larger than this is refused.
    static let bodyBytesMax = 2 << 20

    init(_ request: Request, _ context: Routes.Context, query allowed: Set<String> = []) throws {
        self.request = request
        self.context = context
        for (key, _) in request.uri.queryParameters where !allowed.contains(String(key)) {
            let list = allowed.isEmpty ? "none" : allowed.sorted().joined(separator: ", ")
            throw SluiceError(.invalid, "unknown query parameter \"\(key)\"; allowed: \(list)")
        }
    }

    func path(_ name: String) throws -> String {
        guard let value = context.parameters.get(name), let plain = value.removingPercentEncoding else {
            throw SluiceError(.invalid, "the path does not name a \(name)")
        }
        return plain
    }

    func text(_ name: String) -> String? {
        request.uri.queryParameters[Substring(name)].map(String.init)
    }

    /// The values of a parameter that may be given more than once.
    func texts(_ name: String) -> [String] {
        request.uri.queryParameters.getAll(name)
    }

    func number<Number: FixedWidthInteger>(_ name: String, in range: ClosedRange<Number>) throws -> Number? {
        guard let text = text(name) else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw SluiceError(
                .invalid,
                "\(name) is \"\(text)\"; allowed: a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    func flag(_ name: String) throws -> Bool {
        switch text(name) {
        case nil, "false": return false
        case "true", "": return true
        case let other?: throw SluiceError(.invalid, "\(name) is \"\(other)\"; allowed: true, false")
        }
    }

    /// Words separated by commas, or the parameter given more than once.
    func choices<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Choice.Type
    ) throws -> [Choice] where Choice.RawValue == String {
        try texts(name).flatMap { $0.split(separator: ",").map(String.init) }.map { text in
            guard let choice = Choice(rawValue: text) else {
                let list = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                throw SluiceError(.invalid, "\(name) is \"\(text)\"; allowed: \(list)")
            }
            return choice
        }
    }

    /// The JSON body; an empty one counts as `{}`.
    func body<Body: Decodable>(_ type: Body.Type) async throws -> Body {
        var request = request
        let buffer: ByteBuffer
        do {
            buffer = try await request.collectBody(upTo: Self.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw BodyTooLarge()
        }
        let bytes = buffer.readableBytes == 0 ? Array("{}".utf8) : Array(buffer.readableBytesView)
        do {
            return try APICoding.decoder().decode(Body.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw SluiceError(.invalid, "the body is not what is expected: \(Self.describe(error))")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath)).\(key.stringValue) is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return "\(place(context.codingPath)) should be \(type)"
        case .dataCorrupted(let context):
            return "\(place(context.codingPath)) \(context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }
}

/// A body beyond the bound.
struct BodyTooLarge: Error {
    var message: String { "the body is larger than allowed: at most \(Asked.bodyBytesMax) bytes" }
}

/// Who asks, in the body of requests that say nothing else.
struct ActorBody: Decodable {
    var actor: String?

    /// Of a request that does not say who it comes from.
    static let nobody = "api"
}
