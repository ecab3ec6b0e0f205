import Connectors
import Model
import Wire

struct MappedBatch { var rows: RowBatch; var rejections: [Int: Rejection] }
