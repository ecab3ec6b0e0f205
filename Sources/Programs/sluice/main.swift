import ArgumentParser
import Glibc
import JobConfiguration
import Model

// Output that nobody reads any more ends quietly; a coordinator in this process must not die of it.
signal(SIGPIPE, SIG_IGN)

do {
    var command = try SluiceCommand.parseAsRoot()
    try command.run()
} catch let error as SluiceError {
    Console.complain(error.message)
    exit(RunExit.failed.rawValue)
} catch let error as ConfigurationError {
    for mistake in error.mistakes { Console.complain(mistake.description) }
    exit(RunExit.failed.rawValue)
} catch {
    // Help and version are "errors" that succeed; usage errors have the code of sysexits.h.
    let code = SluiceCommand.exitCode(for: error)
    let text = SluiceCommand.fullMessage(for: error)
    if code == .success {
        Console.show(text)
    } else if !text.isEmpty {
        Console.error(text)
    }
    exit(code == .validationFailure ? RunExit.usage.rawValue : code.rawValue)
}
