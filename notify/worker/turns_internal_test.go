package worker

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

func parcels(municipality uuid.UUID, n, size int) []queue.Message {
	list := make([]queue.Message, n)
	for i := range list {
		list[i] = queue.Message{Ref: outbox.Ref{Municipality: municipality, Parcel: uuid.New(), Size: size}}
	}
	return list
}

// Turns are reckoned in deliveries: who sends large parcels gets fewer of them.
func TestTurnsAreReckonedInDeliveries(t *testing.T) {
	t.Parallel()
	for _, room := range []int{1, 7, 64, 500} {
		kept, large, small := newTurns(), uuid.New(), uuid.New()
		kept.add(parcels(large, 1000, 32)...)
		kept.add(parcels(small, 4000, 1)...)
		got := map[uuid.UUID]int{}
		for got[small] < 1000 {
			free := room
			for _, m := range kept.next(room) {
				part := min(m.Ref.Size, free) // a parcel that does not fit is opened, as a claim does it
				got[m.Ref.Municipality] += part
				if free -= part; part < m.Ref.Size {
					m.Ref.Size -= part
					kept.putBack([]outbox.Ref{m.Ref})
				}
			}
		}
		if n, of := got[large], got[small]; 10*n < 9*of || 10*n > 11*of {
			t.Errorf("room %d: %d deliveries of one left while %d of the other did", room, n, of)
		}
	}
}

func TestNothingIsLostInTurns(t *testing.T) {
	t.Parallel()
	kept, total := newTurns(), 0
	for i := range 50 {
		kept.add(parcels(uuid.New(), 1+i%5, 1+i%32)...)
		total += 1 + i%5
	}
	first := kept.next(100)
	rest := kept.all()
	if len(first)+len(rest) != total || kept.some() || len(first) == 0 {
		t.Fatalf("%d and %d of %d", len(first), len(rest), total)
	}
	if kept.next(100) != nil {
		t.Fatal("something came out of nothing")
	}
}
