import JobConfiguration
import Testing

@Suite struct QuantityTests {
    @Test func `sizes are read with their unit`() {
        #expect(Quantity.size("8MiB") == 8 << 20)
        #expect(Quantity.size("1.5 KiB") == 1536)
        #expect(Quantity.size("100") == 100)
        #expect(Quantity.size("8 mb") == nil)
        #expect(Quantity.size("-1KiB") == nil)
    }

    @Test func `durations need a unit`() {
        #expect(Quantity.duration("60s") == .seconds(60))
        #expect(Quantity.duration("2m") == .seconds(120))
        #expect(Quantity.duration("500ms") == .milliseconds(500))
        #expect(Quantity.duration("60") == nil)
        #expect(Quantity.duration("1e400s") == nil)
    }

    @Test func `rates are records per second whatever their unit`() {
        #expect(Quantity.rate("700/s") == 700)
        #expect(Quantity.rate("90/m") == 1.5)
        #expect(Quantity.rate("0/s") == nil)
        #expect(Quantity.rate("700") == nil)
    }
}
