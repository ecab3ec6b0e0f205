import Testing

struct ImportTests {
    @Test func `the import table holds, directly and over any chain`() throws {
        let repository = try Repository.current.get()
        let manifest = Manifest(try repository.file("Package.swift").text)
        #expect(manifest.targets.count > 20, "Package.swift was not understood")
        let sources = repository.files(in: "Sources", ending: ".swift")
        #expect(sources.allSatisfy { manifest.target(of: $0) != nil })
        let findings = ImportTable.findings(manifest: manifest, files: sources)
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test func `a manifest is read`() {
        let manifest = Manifest(
            """
            func module(_ name: String) {}
            let package = Package(
                targets: [
                    library("CZstd"),
                    .target(name: "CProcess", path: "Sources/Native/CProcess"),
                    module("Model", in: "Contract/Model"),
                    module(
                        "Wire",
                        in: "Contract/Wire",
                        imports: ["Model", "Drivers"],
                        packages: [protobuf]
                    ),
                    program("sluice", imports: ["Model"], packages: [arguments]),
                    .target(name: "Kit", dependencies: ["Model"], path: "Tests/Kit"),
                    tests("Wire", imports: ["Wire"]),
                ]
            )
            """
        )
        let wire = Manifest.Target(
            name: "Wire",
            path: "Sources/Contract/Wire",
            imports: ["Model", "Drivers"],
            isTest: false
        )
        #expect(manifest.targets.contains(wire))
        #expect(
            Set(manifest.targets.map(\.path)) == [
                "Sources/Native/CZstd", "Sources/Native/CProcess", "Sources/Contract/Model",
                "Sources/Contract/Wire", "Sources/Programs/sluice", "Tests/Kit", "Tests/Wire",
            ]
        )
        #expect(manifest.targets.filter(\.isTest).map(\.name).sorted() == ["Kit", "WireTests"])
    }

    @Test func `import lines are read whatever stands before them`() {
        let file = TextFile(
            path: "a.swift",
            text: """
                // import Comment
                import Model
                public import Wire
                @preconcurrency internal import Drivers
                import struct Store.Row
                let text = "import Text"
                """
        )
        #expect(file.imports.map(\.module) == ["Model", "Wire", "Drivers", "Store"])
        #expect(file.imports.map(\.line) == [2, 3, 4, 5])
    }

    private static func target(_ name: String, imports: Set<String> = []) -> Manifest.Target {
        Manifest.Target(name: name, path: "Sources/\(name)", imports: imports, isTest: false)
    }

    private func findings(_ targets: [Manifest.Target], _ files: [TextFile] = []) -> String {
        ImportTable.findings(manifest: Manifest(targets: targets), files: files).joined(separator: "\n")
    }

    @Test func `a forbidden edge in the manifest is found`() {
        let found = findings([Self.target("Coordinator", imports: ["Connectors"]), Self.target("Connectors")])
        #expect(found.contains("Coordinator may not import Connectors"))
        #expect(found.contains("Coordinator reaches Connectors"))
    }

    @Test func `a forbidden import line is found`() {
        let found = findings(
            [Self.target("Worker"), Self.target("Store")],
            [TextFile(path: "Sources/Worker/A.swift", text: "\nimport Store\n")]
        )
        #expect(found.contains("Sources/Worker/A.swift:2: Worker may not import Store"))
    }

    @Test func `a forbidden module is found behind a permitted one`() {
        let found = findings([
            Self.target("Coordinator", imports: ["Store"]), Self.target("Store", imports: ["Drivers"]),
            Self.target("Drivers", imports: ["Connectors"]), Self.target("Connectors"),
        ])
        #expect(found.contains("Coordinator reaches Connectors"))
    }

    @Test func `a module that the table does not know is found`() {
        #expect(findings([Self.target("Extras", imports: ["Model"])]).contains("Extras is not in the import table"))
    }

    @Test func `the HTTP framework outside ControlAPI is found`() {
        let file = TextFile(path: "Sources/Coordinator/A.swift", text: "import Hummingbird")
        #expect(findings([Self.target("Coordinator")], [file]).contains("only ControlAPI may import Hummingbird"))
    }

    @Test func `input and output in Decisions is found`() {
        let file = TextFile(path: "Sources/Decisions/A.swift", text: "import Foundation")
        #expect(findings([Self.target("Decisions")], [file]).contains("Decisions is pure and imports Foundation"))
    }
}
