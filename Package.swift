// swift-tools-version: 6.2
import PackageDescription

// The modules and who may import whom; the table is explained in README.md and held by Tests/Tidy.

func strict() -> [SwiftSetting] {
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
        // Kill sites and protections that can be turned off exist in debug builds only (Tests/Faults).
        .define("FAULT_SITES", .when(configuration: .debug)),
    ]
}

func module(
    _ name: String,
    in path: String,
    imports: [String] = [],
    packages: [Target.Dependency] = []
) -> Target {
    .target(
        name: name,
        dependencies: imports.map { .byName(name: $0) } + packages,
        path: "Sources/\(path)",
        swiftSettings: strict()
    )
}

func program(_ name: String, imports: [String], packages: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: imports.map { .byName(name: $0) } + packages,
        path: "Sources/Programs/\(name)",
        swiftSettings: strict()
    )
}

func tests(_ name: String, imports: [String], packages: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: imports.map { .byName(name: $0) } + packages,
        path: "Tests/\(name)",
        swiftSettings: strict()
    )
}

func library(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Native/\(name)")
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let http = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-worker", targets: ["sluice-worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        library("CZeroMQ"),
        library("CPostgres"),
        library("CSQLite"),
        library("CZlib"),
        library("CZstd"),
        library("CSodium"),
        .target(name: "CProcess", path: "Sources/Native/CProcess"),
        module(
            "Drivers",
            in: "Native/Drivers",
            imports: ["CZeroMQ", "CPostgres", "CSQLite", "CZlib", "CZstd", "CSodium", "CProcess"]
        ),
        module("Model", in: "Contract/Model"),
        module("Wire", in: "Contract/Wire", imports: ["Model", "Drivers"], packages: [protobuf]),
        module("Connectors", in: "DataPlane/Connectors", imports: ["Model", "Drivers"]),
        module(
            "Worker",
            in: "DataPlane/Worker",
            imports: ["Model", "Wire", "Connectors", "Drivers"],
            packages: [protobuf]
        ),
        module("Decisions", in: "ControlPlane/Decisions", imports: ["Model"]),
        module(
            "Supervision",
            in: "ControlPlane/Supervision",
            imports: ["Model", "Wire", "Drivers"],
            packages: [protobuf]
        ),
        module(
            "Store",
            in: "ControlPlane/Store",
            imports: ["Model", "Wire", "Drivers"],
            packages: [grdb, protobuf]
        ),
        module(
            "Coordinator",
            in: "ControlPlane/Coordinator",
            imports: ["Model", "Decisions", "Wire", "Store", "Drivers"],
            packages: [protobuf]
        ),
        module(
            "ControlAPI",
            in: "ControlPlane/ControlAPI",
            imports: ["Model", "Coordinator"],
            packages: [http, logging]
        ),
        // The folder is Configuration; swift-configuration already owns that module name.
        module("JobConfiguration", in: "Configuration", imports: ["Model"], packages: [yams]),
        module("Client", in: "Client", imports: ["Model"]),
        program(
            "sluice",
            imports: [
                "Model", "JobConfiguration", "Client", "ControlAPI", "Coordinator", "Supervision",
                "Store", "Wire", "Drivers",
            ],
            packages: [arguments]
        ),
        program("sluice-worker", imports: ["Worker", "Model"], packages: [arguments]),
        .target(
            name: "ConformanceKit",
            dependencies: ["Model", "Connectors"],
            path: "Tests/ConformanceKit",
            swiftSettings: strict()
        ),
        .target(
            name: "TestSupport",
            dependencies: ["Drivers", "Model", "Client"],
            path: "Tests/TestSupport",
            swiftSettings: strict()
        ),
        tests("Model", imports: ["Model"]),
        tests("Drivers", imports: ["Drivers", "TestSupport"]),
        tests("Wire", imports: ["Wire", "Model", "Drivers"], packages: [protobuf]),
        tests("Connectors", imports: ["Connectors", "Model", "Drivers", "ConformanceKit", "TestSupport"]),
        tests(
            "Worker",
            imports: ["Worker", "Model", "Wire", "Connectors", "Drivers", "TestSupport"],
            packages: [protobuf]
        ),
        tests("Decisions", imports: ["Decisions", "Model"]),
        tests("Supervision", imports: ["Supervision", "Model", "Wire", "Drivers"], packages: [protobuf]),
        tests("Store", imports: ["Store", "Model", "Wire", "Drivers"], packages: [grdb, protobuf]),
        tests("JobConfiguration", imports: ["JobConfiguration", "Model", "Drivers", "TestSupport"]),
        tests("Coordinator", imports: ["Coordinator", "Model"]),
        tests("ControlAPI", imports: ["ControlAPI", "Client", "Model", "Coordinator"]),
        tests(
            "sluice",
            imports: ["sluice", "Client", "JobConfiguration", "Model", "TestSupport"],
            packages: [arguments]
        ),
        tests("EndToEnd", imports: ["Model", "Drivers", "Client", "TestSupport"]),
        tests("Faults", imports: ["Model", "Drivers", "Client", "TestSupport"]),
        tests("Tidy", imports: []),
    ],
    swiftLanguageModes: [.v6]
)
