import Yams

/// A key that a mapping has more than once. The parser says where the first one stands; the second is found by
/// trying: the mapping is at peace as soon as that one has another name.
struct DuplicateKey {
    /// So many are looked for in one file.
    static let countMax = 100

    let key: String
    /// Where the first of them stands.
    let mark: Mark
    /// From 0, each has its own.
    let number: Int

    /// As long as the key, so that all other places stay, and of private characters, so that it is no other key.
    var replacement: String {
        let scalars = [number + 1] + Array(repeating: 0, count: max(0, key.unicodeScalars.count - 1))
        return String(String.UnicodeScalarView(scalars.compactMap { Unicode.Scalar(0xF0000 + UInt32($0)) }))
    }

    /// The text with the second of these keys renamed; nil when it is written in a way that is not found (with escapes).
    func renamed(in text: String) -> String? {
        guard !key.isEmpty, mark.line > 0, mark.column > 0 else { return nil }
        let scalars = Array(text.unicodeScalars)
        let places = places(in: scalars)
        // Renaming all from a place on ends the complaint as long as that place is not behind the second one.
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high + 1) / 2
            let renamed = renaming(places[middle...], in: scalars)
            if isComplaint(about: renamed) { high = middle - 1 } else { low = middle }
        }
        guard low > 0, low < places.count else { return nil }
        return renaming([places[low]], in: scalars)
    }

    private func renaming(_ places: some Sequence<Int>, in scalars: [Unicode.Scalar]) -> String {
        var scalars = scalars
        let name = Array(replacement.unicodeScalars)
        for place in places { scalars.replaceSubrange(place..<place + name.count, with: name) }
        return String(String.UnicodeScalarView(scalars))
    }

    private func isComplaint(about text: String) -> Bool {
        do {
            _ = try Yams.compose(yaml: text)
            return false
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            return keys.first == key && context.mark.line == mark.line && context.mark.column == mark.column
        } catch {
            return false
        }
    }

    /// Where the word stands as a key could, from the first one on.
    private func places(in scalars: [Unicode.Scalar]) -> [Int] {
        let word = Array(key.unicodeScalars)
        var line = 1
        var start = 0
        while start < scalars.count, line < mark.line {
            if scalars[start] == "\n" { line += 1 }
            start += 1
        }
        start += mark.column - 1
        var places: [Int] = []
        while start + word.count < scalars.count {
            if scalars[start] == word[0], scalars[start..<start + word.count].elementsEqual(word),
                isKey(from: start, to: start + word.count, in: scalars)
            {
                places.append(start)
                start += word.count
            } else {
                start += 1
            }
        }
        return places
    }

    private func isKey(from start: Int, to end: Int, in scalars: [Unicode.Scalar]) -> Bool {
        let before: Unicode.Scalar = start > 0 ? scalars[start - 1] : "\n"
        guard before == "\n" || before == "\r" || " \t{,'\"".unicodeScalars.contains(before) else { return false }
        var rest = scalars[end...]
        if before == "'" || before == "\"" {
            guard rest.first == before else { return false }
            rest = rest.dropFirst()
        }
        return rest.first { $0 != " " } == ":"
    }
}
