import Foundation
import Testing

@testable import JobConfiguration

/// `Protocols/CONFIGURATION.md` says what the schema says.
@Suite struct PageTests {
    private static let page = "\(SchemaCheck.project)/Protocols/CONFIGURATION.md"

    @Test func `every key and word of the schema is named on the page`() throws {
        let text = try String(contentsOfFile: Self.page, encoding: .utf8)
        let named = Set(
            text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
        )
        let parts = try SchemaCheck.parts()
        let properties = parts.values.compactMap { $0["properties"] as? [String: Any] }
        let keys = Set(properties.flatMap(\.keys))
        #expect(keys.count > 30)
        #expect(keys.subtracting(named).sorted() == [])
        let parameters = properties.flatMap(\.values).compactMap { $0 as? [String: Any] } + parts.values
        let words = Set(parameters.compactMap { $0["enum"] as? [String] }.joined())
        #expect(words.contains("replace"))
        #expect(words.subtracting(named).sorted() == [])
    }

    @Test func `what the page shows can be read`() throws {
        let text = try String(contentsOfFile: Self.page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 2)
        for block in blocks {
            let read = try Configuration.parse(block, file: "page", folder: "/")
            #expect(read.jobs.count == 1 && read.warnings.isEmpty)
        }
    }
}
