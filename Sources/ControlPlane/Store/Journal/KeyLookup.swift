import Model
import Wire

/// A key by its text form, and the hashes by which segments that cannot hold it stay closed.
///
/// The hash is of canonical bytes, which the text gives only with the types of the key fields: the first segment of a
/// stream that is opened tells them. Text that is no value of these types (a rejected key) is looked for in every segment.
struct KeyLookup {
    let text: String
    /// By index of the stream; nil: every segment may hold it.
    private var hashes: [Int: Set<UInt32>?] = [:]

    init(_ text: String) {
        self.text = text
    }

    /// false: the write has no record with the key. Reads its key hashes only when they can tell.
    func mayBeHeld(by write: EffectiveWrite, keyHashes: () throws -> [UInt8]) rethrows -> Bool {
        guard let known = hashes[write.streamIndex], let wanted = known else { return true }
        let held = try keyHashes()
        return wanted.contains { SegmentKeyHash.contains($0, in: held) }
    }

    mutating func learn(from segment: SegmentReader, stream: Int) {
        guard hashes[stream] == nil else { return }
        hashes[stream] = .some(Self.hashes(of: text, types: segment.keyFields.map { segment.fields[$0].type }))
    }

    /// A part `NULL` may be NULL or a text of that form: both are looked up. nil: the text cannot be taken apart.
    private static func hashes(of text: String, types: [ValueType]) -> Set<UInt32>? {
        let parts = types.count == 1 ? [text[...]] : text.split(separator: ",", omittingEmptySubsequences: false)
        // With a comma in one of its values there are several ways to take it apart.
        guard parts.count == types.count else { return nil }
        var keys: [[[UInt8]?]] = [[]]
        for (part, type) in zip(parts, types) {
            var candidates: [[UInt8]?] = part == "NULL" ? [nil] : []
            var bytes: [UInt8] = []
            do {
                try ValueText.parse(String(part), as: type, into: &bytes)
                candidates.append(bytes)
            } catch {
                // Shown in a form that is no value of the type, if it is shown at all.
                if candidates.isEmpty { return nil }
            }
            keys = keys.flatMap { key in candidates.map { key + [$0] } }
        }
        return Set(keys.map(SegmentKeyHash.of))
    }
}
