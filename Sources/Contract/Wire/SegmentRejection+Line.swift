/// The line of a rejected record in the source's file stands at the beginning of the reason.
extension SegmentRejection {
    private static let mark = "line "

    /// - Parameter line: from 1; nil: the source has no lines.
    public init(code: String, field: String, reason: String, line: Int?) {
        self.init(code: code, field: field, reason: line.map { "\(Self.mark)\($0): \(reason)" } ?? reason)
    }

    /// The line that `init` was given.
    public var line: Int? {
        guard reason.hasPrefix(Self.mark), let end = reason.firstIndex(of: ":") else { return nil }
        return Int(reason[..<end].dropFirst(Self.mark.count))
    }
}
