package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// Audit is what the rim says of a request for the trail. The ids are those that stand in its path; what a flow knows better, it says itself.
type Audit struct {
	Operation                    string         // operationId
	Purpose                      access.Purpose // "" for what leaves no entry when it succeeds
	Child, Institution, Resource uuid.UUID
}

type auditKey struct{}

// WithAudit returns a context whose transactions leave an entry in the trail when they commit.
func WithAudit(ctx context.Context, a Audit) context.Context {
	return context.WithValue(ctx, auditKey{}, a)
}

// AuditOf returns what the trail is to say of the request; false for one that it says nothing of.
func AuditOf(ctx context.Context) (Audit, bool) {
	a, ok := ctx.Value(auditKey{}).(Audit)
	return a, ok
}

// looked notes children whose data the answer of this transaction shows, for the trail. Every handle that shows staff a list of children, or
// of what is about children, calls it with all of them.
func (t tx) looked(children ...uuid.UUID) { t.about.children = append(t.about.children, children...) }

// childrenOf collects the children of a list, each once.
func childrenOf[T any](items []T, child func(T) uuid.UUID) []uuid.UUID {
	seen := make(map[uuid.UUID]bool, len(items))
	list := make([]uuid.UUID, 0, len(items))
	for _, item := range items {
		if id := child(item); !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}

// leave queues the entry of a request that was carried out, to go with the commit. Guardians who look at their own children leave none.
func leave(ctx context.Context, s *scope.Tx, subject about) error {
	a, ok := AuditOf(ctx)
	if !ok || a.Purpose == "" {
		return nil
	}
	act := trail.Act{Operation: a.Operation, Class: string(a.Purpose), Institution: a.Institution, Resource: a.Resource}
	if subject.child == uuid.Nil {
		subject.child = a.Child
	}
	if subject.child != uuid.Nil {
		subject.children = append(subject.children, subject.child)
	}
	act.Children = childrenOf(subject.children, func(id uuid.UUID) uuid.UUID { return id })
	if subject.institution != uuid.Nil {
		act.Institution = subject.institution
	}
	if subject.resource != uuid.Nil {
		act.Resource = subject.resource
	}
	act.Person = subject.person
	return act.Leave(ctx, s)
}

// refusalTime bounds how long noting a refusal may take. The caller waits for it, so that what does not exist takes as long as what is not theirs.
const refusalTime = time.Second

// Refused counts that somebody asked for what does not exist for them, so that whoever tries other people's children is seen (B5). It is told
// whose session it was, and does nothing when that is none.
func (db *DB) Refused(ctx context.Context, s scope.Scope) {
	a, ok := AuditOf(ctx)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusalTime)
	defer cancel()
	tried := a.Child
	for _, id := range []uuid.UUID{a.Resource, a.Institution} {
		if tried == uuid.Nil {
			tried = id
		}
	}
	purpose := a.Purpose
	if purpose == "" {
		purpose = access.Unsorted
	}
	err := db.scope.WithScope(scope.ToNote(ctx), s, func(tx *scope.Tx) error {
		return trail.Refuse(ctx, tx, a.Operation, string(purpose), tried, trail.Refused)
	})
	if err != nil && fault(err) == err { //nolint:errorlint // fault gives back the same error when it knows nothing better
		db.log.WarnContext(ctx, "a refusal was not noted in the audit trail", "operation", a.Operation, "error", err)
	}
}
