package notify

import "github.com/google/uuid"

// KindSynthetic is the kind of the notices that a worker sends to the operator's own addresses to see whether the channels work. It is no event that
// anything could announce: no type has it, KindUrgency does not know it, and therefore JustifySMS refuses it (V20).
const KindSynthetic Kind = "synthetic"

// SyntheticHome stands where other notices have their municipality; the database's function notify.synthetic_home says the same. Nobody lives there.
var SyntheticHome = uuid.MustParse("00000000-0000-7000-8000-5ee0ca11ab1e")

// NoNumber is the address of the synthetic notice by SMS. It is no number, so that nothing could leave to it by mistake: the worker asks the provider
// whether it would take an SMS, and sends none (V20).
const NoNumber = "no number"
