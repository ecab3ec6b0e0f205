import Connectors
import Model

/// Where a field's bytes lie in the arena of its batch.
struct FieldPlace: Sendable {
    var start: UInt32
    /// -1: NULL.
    var length: Int32

    static let null = FieldPlace(start: 0, length: -1)

    var isNull: Bool { length < 0 }
    var range: Range<Int> { Int(start)..<(Int(start) + Int(length)) }
}

/// The places of all fields of a batch while it is mapped, row after row.
struct FieldPlaces {
    let width: Int
    let count: Int
    var starts: [UInt32]
    var lengths: [Int32]

    /// All NULL.
    init(width: Int, count: Int) {
        self.width = width
        self.count = count
        starts = [UInt32](repeating: 0, count: width * count)
        lengths = [Int32](repeating: -1, count: width * count)
    }

    mutating func set(_ place: FieldPlace, row: Int, field: Int) {
        starts[row * width + field] = place.start
        lengths[row * width + field] = place.length
    }
}

/// The bytes of a mapped batch: the source's, and behind them what the transforms make.
struct FieldArena {
    private(set) var bytes: [UInt8]
    private var scratch: [UInt8] = []

    init(sharing rows: RowBatch) {
        bytes = rows.bytes
    }

    init() {
        bytes = []
    }

    mutating func append(_ value: [UInt8]) -> FieldPlace {
        let place = FieldPlace(start: UInt32(bytes.count), length: Int32(value.count))
        bytes.append(contentsOf: value)
        return place
    }

    /// Lends the bytes of a value that is not NULL.
    func withBytes<Result>(
        at place: FieldPlace,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[place.range])) }
    }

    /// Converts a value; its new bytes come to the end.
    mutating func convert(
        _ place: FieldPlace,
        by cast: ValueCast
    ) throws(ValueError) -> FieldPlace {
        scratch.removeAll(keepingCapacity: true)
        try collect(place, by: cast)
        return append(scratch)
    }

    /// Makes a value of other bytes, which come to the end.
    mutating func rewrite(
        _ place: FieldPlace,
        _ body: (UnsafeRawBufferPointer, inout [UInt8]) -> Void
    ) -> FieldPlace {
        scratch.removeAll(keepingCapacity: true)
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[place.range]), &scratch) }
        return append(scratch)
    }

    /// Puts pieces one behind another; nil when one of them is NULL.
    mutating func join(
        _ pieces: [TemplatePiece],
        place: (Int) -> FieldPlace
    ) throws(ValueError) -> FieldPlace {
        scratch.removeAll(keepingCapacity: true)
        for piece in pieces {
            switch piece {
            case .text(let text): scratch.append(contentsOf: text)
            case .column(let column, let cast):
                let place = place(column)
                guard !place.isNull else { return .null }
                try collect(place, by: cast)
            }
        }
        return append(scratch)
    }

    private mutating func collect(_ place: FieldPlace, by cast: ValueCast) throws(ValueError) {
        let error: ValueError? = bytes.withUnsafeBytes { all in
            do throws(ValueError) {
                try cast.apply(UnsafeRawBufferPointer(rebasing: all[place.range]), to: &scratch)
                return nil
            } catch {
                return error
            }
        }
        if let error { throw error }
    }
}
