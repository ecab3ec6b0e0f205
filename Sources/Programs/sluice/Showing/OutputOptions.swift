import ArgumentParser
import Client
import Foundation

/// How a command answers.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case human
        case json
    }

    @Option(name: [.short, .long], help: "human, or json: snake_case on stdout and nothing else there.")
    var output = Format.human

    /// Shows `value` as JSON, or the lines for a person.
    func show(_ value: some Encodable, human lines: @autoclosure () throws -> [String]) throws {
        switch output {
        case .human: for line in try lines() { Console.show(line) }
        case .json: Console.show(try Self.json(value, isPretty: true))
        }
    }

    static func json(_ value: some Encodable, isPretty: Bool) throws -> String {
        let encoder = APICoding.encoder()
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
