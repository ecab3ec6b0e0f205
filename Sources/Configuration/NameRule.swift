/// The rule for the names of connections and jobs: they stand in commands and addresses.
enum NameRule {
    static func check(_ name: String, of thing: String, at entry: Entry) -> Bool {
        if name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.\-]{0,62}/) != nil { return true }
        entry.report(
            "\"\(name)\" cannot name a \(thing); allowed: letters, digits, \"_\", \"-\" and \".\", first a letter, "
                + "at most 63 characters"
        )
        return false
    }
}
