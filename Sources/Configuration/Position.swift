import Yams

/// A place in the text, both from 1.
struct Position {
    var line: Int
    var column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    init(_ mark: Mark) {
        line = mark.line
        column = mark.column
    }

    /// - Parameter offset: in characters, of which "\r\n" is one.
    init(offset: Int, in text: String) {
        let lines = text.prefix(offset).split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        line = max(1, lines.count)
        column = (lines.last?.count ?? 0) + 1
    }
}
