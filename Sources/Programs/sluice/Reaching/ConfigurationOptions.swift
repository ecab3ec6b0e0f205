import ArgumentParser
import JobConfiguration

/// Which configuration a command reads.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("The configuration.", valueName: "path"))
    var config = "sluice.yaml"

    /// Throws `ConfigurationError` with every mistake; tells warnings on stderr.
    func load() throws -> Configuration {
        try Self.load(config)
    }

    static func load(_ path: String) throws -> Configuration {
        let configuration = try Configuration.load(path: path)
        for warning in configuration.warnings { Console.note("warning: \(warning)") }
        return configuration
    }
}
