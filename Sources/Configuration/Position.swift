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
}
