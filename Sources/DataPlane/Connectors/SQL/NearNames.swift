import Model

/// The end of a "not found" message: what exists, the nearest first.
public enum NearNames {
    private static let listedMax = 10

    /// `did you mean "contacts"? There are: "contacts", "orders"`.
    static func hint(for name: String, among existing: [String]) -> String {
        guard !existing.isEmpty else { return "there are none" }
        let ranked = existing.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        let listed = ranked.prefix(listedMax).map { "\"\($0.name)\"" }.joined(separator: ", ")
        let rest = existing.count > listedMax ? " and \(existing.count - listedMax) more" : ""
        guard let nearest = nearest(to: name, among: existing) else { return "there are: \(listed)\(rest)" }
        return "did you mean \"\(nearest)\"? There are: \(listed)\(rest)"
    }

    /// The name that was probably meant.
    public static func nearest(to name: String, among existing: [String]) -> String? {
        let near = existing.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= max(1, name.count / 3) }
        return near.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// Levenshtein's: insertions, deletions and replacements that make one name of the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (line, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (place, other) in right.enumerated() {
                let replaced = diagonal + (character == other ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(replaced, row[place] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
