/// Rules about the text of single files. Each gives its findings as `path:line: what is wrong`.
enum TextRules {
    /// A word that must not stand in code, and what to do instead.
    struct Ban: Sendable {
        let word: String
        let instead: String
    }

    /// Words that start, signal or reap processes.
    static let processWords = [
        "posix_spawn", "posix_spawnp", "waitid", "waitpid", "pidfd_open", "pidfd_send_signal", "clone3", "fork",
        "vfork", "execv", "execve", "execvp", "sluice_spawn", "sluice_pidfd_signal", "killpg", "SIGKILL", "SIGSTOP",
        "ChildProcess",
    ].map { Ban(word: $0, instead: "only Supervision spawns, kills and reaps workers") }

    /// Where they may stand: paths begin so. A fault site kills its own process, in debug builds only.
    static let processPlaces = [
        "Sources/ControlPlane/Supervision/", "Sources/Native/CProcess/", "Sources/Native/Drivers/Process/",
        "Sources/DataPlane/Worker/Draining/FaultSites.swift",
    ]

    static func processFindings(_ files: [TextFile]) -> [String] {
        banned(
            processWords,
            in: files.filter { file in !processPlaces.contains { file.path.hasPrefix($0) } }
        )
    }

    static let swiftBans = [
        Ban(word: "try!", instead: "throw, or say what cannot happen with a precondition")
    ]

    // Put together from halves, so that this file does not find itself.
    static let testBans =
        ["Thread", "Task"].map { Ban(word: $0 + ".sleep", instead: "await a signal or move a manual clock") }
        + ["usleep", "nanosleep", "sleep"].map { Ban(word: $0 + "(", instead: "await a signal or move a manual clock") }
        + [Ban(word: ".disabled" + "(", instead: "mend the test or delete it")]

    static func banned(_ bans: [Ban], in files: [TextFile]) -> [String] {
        files.flatMap { file in
            let present = bans.filter { file.text.holds($0.word) }
            guard !present.isEmpty else { return [String]() }
            let code = SwiftCode(file.text)
            return present.flatMap { ban in
                code.lines(holding: ban.word).map { "\(file.path):\($0): \(ban.word); \(ban.instead)" }
            }
        }
    }

    /// Notes of unfinished work, also in comments and scripts.
    static let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    static func leftoverFindings(_ files: [TextFile]) -> [String] {
        files.flatMap { file in
            let present = leftovers.filter { file.text.holds($0) }
            guard !present.isEmpty else { return [String]() }
            return lines(of: file.text).flatMap { number, line in
                present.filter { line.containsWord($0) }.map {
                    "\(file.path):\(number): \($0); nothing is left for later in the text"
                }
            }
        }
    }

    static let linesMax = 450

    static func lengthFindings(_ files: [TextFile]) -> [String] {
        files.filter { !$0.path.hasSuffix(".pb.swift") }.compactMap { file in
            let count = file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
            return count > linesMax ? "\(file.path): \(count) lines, at most \(linesMax); split it" : nil
        }
    }

    private static let vagueWords: Set<String> = [
        "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Common", "Manager", "Managers", "Base", "Misc",
    ]

    /// Files, folders and types named for nothing in particular.
    static func nameFindings(_ files: [TextFile]) -> [String] {
        files.flatMap { file -> [String] in
            let parts = file.folder.split(separator: "/").map(String.init) + [file.stem]
            let named = parts.filter { !vagueWords.isDisjoint(with: $0.words) }.map {
                "\(file.path): \($0) says nothing; name it for what it does"
            }
            guard file.path.hasSuffix(".swift"), !file.path.hasSuffix(".pb.swift"),
                vagueWords.contains(where: { file.text.holds($0) })
            else { return named }
            let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
            let types = SwiftCode(file.text).lines.enumerated().flatMap { number, line -> [String] in
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                return zip(words, words.dropFirst())
                    .filter { kinds.contains($0) && !vagueWords.isDisjoint(with: String($1).words) }
                    .map { "\(file.path):\(number + 1): \($1) says nothing; name it for what it does" }
            }
            return named + types
        }
    }

    /// Shell scripts stop at the first error.
    static func scriptFindings(_ files: [TextFile]) -> [String] {
        files.filter { $0.text.hasPrefix("#!") && $0.text.prefix(40).contains("bash") }
            .filter { !$0.text.contains("\nset -euo pipefail\n") }
            .map { "\($0.path): no line `set -euo pipefail`" }
    }

    private static func lines(of text: String) -> [(Int, Substring)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0 + 1, $1) }
    }
}

extension String {
    /// `SpanManager+Base` is span, manager, base, each as it is written.
    fileprivate var words: Set<String> {
        var found: [String] = [""]
        for character in self {
            if !character.isLetter {
                found.append("")
            } else if character.isUppercase, found.last?.last?.isLowercase ?? false {
                found.append(String(character))
            } else {
                found[found.count - 1].append(character)
            }
        }
        return Set(found.map { $0.prefix(1).uppercased() + $0.dropFirst() })
    }
}
