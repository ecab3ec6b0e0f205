/// Rows under titles, columns aligned.
struct Table {
    enum Alignment {
        case left
        case right
    }

    let titles: [String]
    let alignments: [Alignment]
    var rows: [[String]] = []

    /// A title that starts with `>` is of a column of numbers, aligned to the right.
    init(_ titles: String...) {
        self.titles = titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
        alignments = titles.map { $0.hasPrefix(">") ? .right : .left }
    }

    mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    var lines: [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { cells in
            let line = cells.indices.map { pad(cells[$0], to: widths[$0], alignments[$0]) }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func pad(_ text: String, to width: Int, _ alignment: Alignment) -> String {
        let space = String(repeating: " ", count: width - text.count)
        return alignment == .left ? text + space : space + text
    }
}
