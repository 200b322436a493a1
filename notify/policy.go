package notify

import "time"

// RoutineChannelsOf is the standing rule of which channels announce a routine event (V20: a message is announced by e-mail or push).
func RoutineChannelsOf(e Routine) RoutineChannels {
	switch e.Kind() {
	case KindEmailRegistered:
		return ByEmail
	case KindGuardianActivated, KindMessagePosted, KindAbsenceReported, KindApplicationDecided, KindApplicationsWaiting, KindReviewDue,
		KindReviewOverdue, KindSecretDue, KindSignInChanged, KindInstitutionWithoutHead, KindAccessOpened, KindRevisionDue, KindRevisionOverdue, KindProofDue:
		return InApp.And(ByPush).And(ByEmail)
	case KindHeldChangesWaiting, KindPartnerWithoutSponsor, KindClearanceGranted, KindLiftingProposed, KindLiftingLapsed, KindHeadRestricted, KindTrainingOverdue:
		return InApp.And(ByPush).And(ByEmail)
	}
	return InApp
}

// Lifetime is how long a notice of this urgency is worth delivering after its event. A critical alert that arrives tomorrow does harm; a
// message may wait out a week-end without cover.
func Lifetime(u Urgency) time.Duration {
	if u == UrgencyCritical {
		return 4 * time.Hour
	}
	return 72 * time.Hour
}

// MaxAttempts is how often a delivery is tried before it is dead. Critical deliveries are tried for as long as they live: at the longest
// backoff their lifetime holds fewer attempts than this, whatever the jitter, so that a provider may be away for an hour (B3).
func MaxAttempts(u Urgency) int {
	if u == UrgencyCritical {
		return 5000
	}
	return 20
}

// MostLost is how often a worker may end, or hang, while it holds a delivery alone before the delivery is taken for the cause and ended: it would take
// every worker with it for as long as it lives. Workers that are killed for other reasons lose a delivery now and then; ten times is none of those.
const MostLost = 10

// Backoff returns the upper bound of the wait before the next attempt; the worker draws from zero to that bound (full jitter), so that
// thousands of retries do not return in step. attempt counts from 1. Critical deliveries follow 1, 3, 10 s and then every 15 s; routine
// ones double from 30 s up to 30 min (reference/gateway.md §2.4).
func Backoff(u Urgency, attempt int) time.Duration {
	if u == UrgencyCritical {
		switch attempt {
		case 1:
			return time.Second
		case 2:
			return 3 * time.Second
		case 3:
			return 10 * time.Second
		}
		return 15 * time.Second
	}
	wait := 30 * time.Second
	for i := 1; i < attempt && wait < 30*time.Minute; i++ {
		wait *= 2
	}
	return min(wait, 30*time.Minute)
}

// Lease is how long a worker may hold a claimed delivery before somebody else takes it over. Short for critical ones: a dead worker must
// not cost more than seconds.
func Lease(u Urgency) time.Duration {
	if u == UrgencyCritical {
		return 8 * time.Second
	}
	return 30 * time.Second
}

// SendTimeout bounds one call to a provider. It lies below the lease so that a slow answer is given up before another worker may try.
func SendTimeout(u Urgency) time.Duration {
	if u == UrgencyCritical {
		return 5 * time.Second
	}
	return 20 * time.Second
}
