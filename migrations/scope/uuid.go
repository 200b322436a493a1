package scope

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// uuidCodec reads and writes ids as the sixteen bytes that they are. Without it pgx asks uuid.UUID for its text and reads that: each id then costs two
// strings on its way, and an opening carries ten.
type uuidCodec struct{ pgtype.UUIDCodec }

// registerUUIDs makes a connection carry ids, and lists of them, as bytes.
func registerUUIDs(types *pgtype.Map) {
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
	types.RegisterType(id)
	types.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: id}})
}

// PlanScan implements pgtype.Codec.
func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if format == pgtype.BinaryFormatCode {
		switch target.(type) {
		case *uuid.UUID, *uuid.NullUUID:
			return scanUUID{}
		}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

// PlanEncode implements pgtype.Codec.
func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		if _, ok := value.(uuid.UUID); ok {
			return encodeUUID{}
		}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

type scanUUID struct{}

// Scan implements pgtype.ScanPlan.
func (scanUUID) Scan(src []byte, target any) error {
	if src != nil && len(src) != len(uuid.UUID{}) {
		return fmt.Errorf("scope: an id of %d bytes", len(src))
	}
	switch to := target.(type) {
	case *uuid.NullUUID:
		*to = uuid.NullUUID{Valid: src != nil}
		copy(to.UUID[:], src)
	case *uuid.UUID:
		*to = uuid.UUID{} // of null
		copy(to[:], src)
	}
	return nil
}

type encodeUUID struct{}

// Encode implements pgtype.EncodePlan.
func (encodeUUID) Encode(value any, buf []byte) ([]byte, error) {
	id, ok := value.(uuid.UUID)
	if !ok {
		return nil, fmt.Errorf("scope: %T is no id", value)
	}
	return append(buf, id[:]...), nil
}
