/// Undoes a compression piece by piece, in bounded memory.
///
/// A compressed file is one frame (gzip: member) after another; `isBetweenFrames` tells whether it may end here.
public protocol Decompressor: AnyObject {
    /// Nothing of a frame is outstanding.
    var isBetweenFrames: Bool { get }

    /// Takes some of `input` and fills some of `output`; with an empty input it hands out what it still holds.
    ///
    /// - Throws: `DriverError` for bytes that are none of this compression, or damaged.
    func decompress(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int)
}
