import Foundation

/// A text file of the repository.
struct TextFile: Sendable {
    /// From the repository's root.
    let path: String
    let text: String

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var stem: String { name.split(separator: ".").first.map(String.init) ?? name }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
}

/// The checkout that these tests were built from: what git tracks, and new files that it does not ignore.
struct Repository: Sendable {
    let root: String
    let files: [TextFile]

    /// The checkout around this source file.
    static let current = Result { try Repository(root: rootOfThisFile()) }

    init(root: String) throws {
        self.root = root
        files = try Self.listed(in: root).map { path in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)"))
            return TextFile(path: path, text: String(decoding: data, as: UTF8.self))
        }
    }

    /// Files below `folder` whose name ends so.
    func files(in folder: String, ending suffix: String = "") -> [TextFile] {
        files.filter { $0.path.hasPrefix("\(folder)/") && $0.path.hasSuffix(suffix) }
    }

    func file(_ path: String) throws -> TextFile {
        guard let found = files.first(where: { $0.path == path }) else {
            throw Missing(description: "\(path) is not in the repository at \(root)")
        }
        return found
    }

    func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "\(root)/\(path)")
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static func rootOfThisFile() throws -> String {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent(".git").path) {
                return folder.path
            }
            folder.deleteLastPathComponent()
        }
        throw Missing(description: "no git checkout around \(#filePath)")
    }

    /// Asks git; deleted files that are not yet staged are left out.
    private static func listed(in root: String) throws -> [String] {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = [
            "git", "-C", root, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
            "--exclude-standard",
        ]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let listed = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else {
            throw Missing(description: "git ls-files in \(root) ended with \(git.terminationStatus)")
        }
        return Set(listed.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            .filter { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
            .sorted()
    }
}
