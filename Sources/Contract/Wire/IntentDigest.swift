internal import Drivers
public import Foundation

/// The digest by which an intent that is sent again is known to be the same.
public enum IntentDigest {
    /// 16 bytes of BLAKE2b over run, batch, attempt, write, transaction, system and the compressed segment, each with its
    /// length before it. Digest and header of the intent take no part.
    public static func of(_ intent: WireIntent) -> Data {
        var stream = HashStream()
        stream.update(delimited: intent.run)
        stream.update(delimited: intent.batch)
        stream.update(delimited: intent.attempt)
        stream.update(delimited: intent.write)
        stream.update(delimited: intent.transaction.utf8)
        stream.update(delimited: intent.system.utf8)
        stream.update(delimited: intent.segment)
        return Data(stream.finish())
    }
}
