/// Collects the mistakes of one document while it is read, so that all of them are reported together.
final class Findings {
    let file: String
    private(set) var mistakes: [Mistake] = []
    private var reported: Set<Mistake> = []
    private(set) var warnings: [Mistake] = []
    /// Keys that stand for another one that was there before them, by the name that `Document` gave them.
    var duplicates: [String: String] = [:]

    init(file: String) {
        self.file = file
    }

    /// Once each: a part of the document may be looked at more than once.
    func report(_ message: String, path: String, mark: Position?) {
        let mistake = mistake(message, path, mark)
        if reported.insert(mistake).inserted { mistakes.append(mistake) }
    }

    func warn(_ message: String, path: String, mark: Position?) {
        warnings.append(mistake(message, path, mark))
    }

    private func mistake(_ message: String, _ path: String, _ mark: Position?) -> Mistake {
        Mistake(file: file, line: mark?.line, column: mark?.column, path: path, message: message)
    }
}
