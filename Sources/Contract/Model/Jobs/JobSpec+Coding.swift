// The JSON of a job as the API shows it and the store keeps it: plain values instead of what the compiler makes of enums with
// payloads (`{"column": {"_0": …}}`) and of durations (two halves of a 128-bit number).

extension JobSpec {
    private enum CodingKeys: CodingKey {
        case name
        case source
        case destination
        case workers
        case batch
        case rateLimit
        case deadlineSeconds
        case onDeadline
        case isOrdered
        case streams
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            source: try container.decode(String.self, forKey: .source),
            destination: try container.decode(String.self, forKey: .destination),
            workers: try container.decodeIfPresent(Int.self, forKey: .workers),
            batch: try container.decode(BatchLimits.self, forKey: .batch),
            rateLimit: try container.decodeIfPresent(Double.self, forKey: .rateLimit),
            deadline: try Self.duration(container.decode(Double.self, forKey: .deadlineSeconds), decoder),
            onDeadline: try container.decode(DeadlineAction.self, forKey: .onDeadline),
            isOrdered: try container.decodeIfPresent(Bool.self, forKey: .isOrdered) ?? false,
            streams: try container.decode([StreamSpec].self, forKey: .streams)
        )
    }

    private static func duration(_ seconds: Double, _ decoder: any Decoder) throws -> Duration {
        guard seconds >= 0, seconds < 1e9 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a deadline of \(seconds) s is not possible")
            )
        }
        return .microseconds(Int64((seconds * 1e6).rounded()))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(source, forKey: .source)
        try container.encode(destination, forKey: .destination)
        try container.encodeIfPresent(workers, forKey: .workers)
        try container.encode(batch, forKey: .batch)
        try container.encodeIfPresent(rateLimit, forKey: .rateLimit)
        try container.encode(Double(deadline.microseconds) / 1e6, forKey: .deadlineSeconds)
        try container.encode(onDeadline, forKey: .onDeadline)
        try container.encode(isOrdered, forKey: .isOrdered)
        try container.encode(streams, forKey: .streams)
    }
}

/// `{"column": "a"}`, `{"template": "{a} {b}"}` or `{"constant": 1}`.
extension FieldMapping.Origin {
    private enum CodingKeys: CodingKey {
        case column
        case template
        case constant
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let column = try container.decodeIfPresent(String.self, forKey: .column) {
            self = .column(column)
        } else if let template = try container.decodeIfPresent(String.self, forKey: .template) {
            self = .template(template)
        } else {
            self = .constant(try container.decode(Constant.self, forKey: .constant))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .column(let name): try container.encode(name, forKey: .column)
        case .template(let text): try container.encode(text, forKey: .template)
        case .constant(let constant): try container.encode(constant, forKey: .constant)
        }
    }
}

/// The plain JSON value; a real number is `{"real": 1.5}`, so that 2.0 does not come back as the integer 2.
extension Constant {
    private enum CodingKeys: CodingKey {
        case real
    }

    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: CodingKeys.self) {
            self = .real(try container.decode(Double.self, forKey: .real))
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if case .real(let value) = self {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(value, forKey: .real)
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .null, .real: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        }
    }
}
