/// Finds the word that was probably meant.
enum NearMiss {
    /// `; did you mean "email"?`, or nothing when no word of `words` is near.
    static func hint(for word: String, among words: [String]) -> String {
        let near =
            words
            .map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= max(1, min(3, $0.word.count / 3)) }
            .min { $0.distance < $1.distance }
        return near.map { "; did you mean \"\($0.word)\"?" } ?? ""
    }

    /// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
    static func distance(_ first: String, _ second: String) -> Int {
        let left = Array(first.prefix(64))
        let right = Array(second.prefix(64))
        var rows = [Array(0...right.count)]
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let same = left[row] == right[column]
                var best = min(rows[row][column] + (same ? 0 : 1), rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
