public import Model

/// One record of a journal segment. Its values share the segment's bytes.
public struct SegmentRecord: Sendable {
    /// What happens to one field.
    public struct Change: Hashable, Sendable {
        /// Index into `SegmentReader.fields`.
        public var field: Int
        /// nil: NULL, or there is no such record before (an insert).
        public var before: ArraySlice<UInt8>?
        /// nil: NULL, or there is no such record after (a delete).
        public var after: ArraySlice<UInt8>?
    }

    public let segment: SegmentReader
    /// Place in the segment.
    public let index: Int

    public var operation: RecordOperation { segment.operations[index] }

    /// Of a rejected record.
    public var rejection: SegmentRejection? { segment.rejections[index] }

    /// One per key field; nil is NULL.
    public var key: [ArraySlice<UInt8>?] {
        let first = segment.firstValues[index]
        return segment.keyFields.indices.map { segment.value(at: first + $0) }
    }

    public var keyHash: UInt32 {
        SegmentKeyHash.of(key.map { part in part.map(Array.init) })
    }

    /// Text form; several key fields joined by `,`.
    public var keyText: String {
        zip(segment.keyFields, key).map { field, part in
            text(of: part, field: field) ?? "NULL"
        }.joined(separator: ",")
    }

    public func changes(field: Int) -> Bool {
        operation != .reject && segment.fields.indices.contains(field) && segment.isChanged(field, in: index)
    }

    /// The changed fields, in the order of the fields; of a rejected record what was to be written, as far as it is kept.
    public var changes: [Change] {
        var place = segment.firstValues[index] + segment.keyFields.count
        let operation = operation
        return segment.fields.indices.compactMap { field in
            guard segment.isChanged(field, in: index) else { return nil }
            var change = Change(field: field, before: nil, after: nil)
            if operation == .update || operation == .delete {
                change.before = segment.value(at: place)
                place += 1
            }
            if operation != .delete {
                change.after = segment.value(at: place)
                place += 1
            }
            return change
        }
    }

    /// The changed fields as they are shown.
    public var changesAsText: [FieldChange] {
        changes.map { change in
            FieldChange(
                field: segment.fields[change.field].name,
                before: text(of: change.before, field: change.field),
                after: text(of: change.after, field: change.field)
            )
        }
    }

    private func text(of value: ArraySlice<UInt8>?, field: Int) -> String? {
        value.map { bytes in
            bytes.withUnsafeBytes { ValueText.render($0, as: segment.fields[field].type) }
        }
    }
}
