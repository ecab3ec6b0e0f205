/// Collects the mistakes of one document while it is read, so that all of them are reported together.
final class Findings {
    let file: String
    private(set) var mistakes: [Mistake] = []
    private(set) var warnings: [Mistake] = []

    init(file: String) {
        self.file = file
    }

    func report(_ message: String, path: String, mark: Position?) {
        mistakes.append(mistake(message, path, mark))
    }

    func warn(_ message: String, path: String, mark: Position?) {
        warnings.append(mistake(message, path, mark))
    }

    private func mistake(_ message: String, _ path: String, _ mark: Position?) -> Mistake {
        Mistake(file: file, line: mark?.line, column: mark?.column, path: path, message: message)
    }
}
