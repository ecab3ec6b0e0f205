import Model

#if canImport(Glibc)
import Glibc
#endif

/// A file that is a stream, and the name by which a job calls it: the file's, without `.csv`, `.gz` and the like.
struct FileStream {
    let name: String
    let path: String
    /// It lies in the directory that the connection names.
    let isOneOfMany: Bool
}

extension FileSettings {
    /// The streams there are, by name. Files whose names begin with a dot are none.
    ///
    /// - Throws: `notFound`, `denied`; `invalid` when two files have the same name but for their ends.
    func streams() throws -> [FileStream] {
        guard try isDirectory() else {
            let file = path.split(separator: "/").last.map(String.init) ?? path
            return [FileStream(name: base(of: file) ?? withoutEnd(file), path: path, isOneOfMany: false)]
        }
        let streams = try entries().compactMap { entry in
            base(of: entry).map { FileStream(name: $0, path: "\(path)/\(entry)", isOneOfMany: true) }
        }.sorted { ($0.name, $0.path) < ($1.name, $1.path) }
        for (first, second) in zip(streams, streams.dropFirst()) where first.name == second.name {
            throw error(
                .invalid,
                "\(first.path) and \(second.path) would both be stream \"\(first.name)\"; move one of them away"
            )
        }
        return streams
    }

    /// - Throws: `notFound`, with near names.
    func stream(_ name: String) throws -> FileStream {
        let streams = try streams()
        guard let found = streams.first(where: { $0.name == name }) else {
            let hint = NearNames.hint(for: name, among: streams.map(\.name))
            throw error(.notFound, "stream \"\(name)\" not found in \(path); \(hint)")
        }
        return found
    }

    /// - Throws: `notFound` or `denied` when nothing that can be looked at has this path.
    func isDirectory() throws -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemError("path \(path)", errno) }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    func entries() throws -> [String] {
        guard let directory = opendir(path) else { throw systemError("directory \(path) cannot be listed", errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// The stream's name; nil for a file of another format.
    private func base(of file: String) -> String? {
        let plain = withoutEnd(file)
        guard let suffix = format.suffixes.first(where: { plain.hasSuffix($0) }), plain.count > suffix.count else {
            return nil
        }
        return String(plain.dropLast(suffix.count))
    }

    private func withoutEnd(_ file: String) -> String {
        String(file.dropLast(FileCompression(of: file).suffix.count))
    }
}
