package walk_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// link signs a link into the staff app, as the municipality's Aula does; change may change what it says.
func (w *town) link(change func(claims map[string]any)) string {
	w.tb.Helper()
	key, err := base64.StdEncoding.DecodeString(w.sandbox.Manifest().Credentials.OpenID.EntryKey)
	must(w.tb, err)
	claims := map[string]any{
		"aud": one[string](w, "select slug from app.municipalities where municipality_id = $1", w.here), "jti": uuid.NewString(), "iat": w.Clock.Now().Unix(),
		"target": "absences",
	}
	if change != nil {
		change(claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, nil)
	must(w.tb, err)
	payload, err := json.Marshal(claims)
	must(w.tb, err)
	object, err := signer.Sign(payload)
	must(w.tb, err)
	text, err := object.CompactSerialize()
	must(w.tb, err)
	return text
}

// follow follows a link in a municipality.
func (w *town) follow(municipality uuid.UUID, link string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/signin/entry", body: map[string]any{
		"municipalityId": municipality, "client": "browser", "link": link,
	}})
}

// U6: staff come in from Aula by the municipality's own sign-in, to the place that the link names. What they get is theirs by the register, and
// whoever has nothing there gets nothing by the link (U1).
func TestStaffComeInFromAula(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.persons set username = 'leon000b36' where id = $1", w.person("Leonorina"))
	w.exec("update app.persons set username = 'stenulvar' where id = $1", w.person("Stenulvar")) // a guardian without a role
	start := w.follow(w.here, w.link(nil)).want(t, http.StatusCreated, "")
	got := w.finish(w.back(start.text(t, "holder"), start.text(t, "url"), byName("s1", "leon000b36")), "").want(t, http.StatusOK, "")
	token, kind := got.session(t)
	if got.text(t, "status") != "signed_in" || kind != "staff" || got.text(t, "target") != "absences" {
		t.Fatalf("a member of the staff: %s", got.body)
	}
	w.do(call{path: "/v1/staff/institutions", token: token}).want(t, http.StatusOK, "")

	start = w.follow(w.here, w.link(nil)).want(t, http.StatusCreated, "")
	away := w.finish(w.back(start.text(t, "holder"), start.text(t, "url"), byName("s2", "stenulvar")), "").want(t, http.StatusOK, "")
	plain := w.finish(w.journey("staff", byName("s2", "stenulvar")), "").want(t, http.StatusOK, "")
	if away.text(t, "status") != "contact_institution" || away.wire() != plain.wire() {
		t.Errorf("whoever does not work here is answered\n%s\nand without a link\n%s", away.wire(), plain.wire())
	}
}

// A link that is not to be followed does not exist, whatever is wrong with it, to the byte, and begins no sign-in.
func TestLinkIsFollowedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nowhere := w.do(call{path: "/v1/nowhere"})
	used := w.link(nil)
	w.follow(w.here, used).want(t, http.StatusCreated, "")
	orders := one[int](w, "select count(*) from auth.oidc_orders")
	late := w.link(nil)
	w.Clock.Advance(61 * time.Second)
	good := w.link(nil)
	there := one[string](w, "select slug from app.municipalities where municipality_id = $1", w.there)
	for name, got := range map[string]reply{
		"used": w.follow(w.here, used), "expired": w.follow(w.here, late), "altered": w.follow(w.here, good[:len(good)-8]+"AAAAAAAA"),
		"in another municipality":   w.follow(w.there, good),
		"of another municipality":   w.follow(w.here, w.link(func(c map[string]any) { c["aud"] = there })),
		"in no municipality":        w.follow(newID(), good),
		"to an address":             w.follow(w.here, w.link(func(c map[string]any) { c["target"] = "https://evil.example" })),
		"no link":                   w.follow(w.here, "nothing"),
		"back to an unknown client": w.do(call{method: http.MethodPost, path: "/v1/signin/entry", body: map[string]any{"municipalityId": w.here, "client": "evil", "link": good}}),
	} {
		if got.wire() != nowhere.wire() {
			t.Errorf("%s: %s", name, got.wire())
		}
	}
	if n := one[int](w, "select count(*) from auth.oidc_orders"); n != orders {
		t.Errorf("%d sign-ins began by them", n-orders)
	}
	w.follow(w.here, good).want(t, http.StatusCreated, "") // nothing of the above has used it up
	// The same id in another municipality is another link.
	id := uuid.NewString()
	w.follow(w.here, w.link(func(c map[string]any) { c["jti"] = id })).want(t, http.StatusCreated, "")
	w.follow(w.there, w.link(func(c map[string]any) { c["jti"], c["aud"] = id, there })).want(t, http.StatusCreated, "")
}

// Of many who follow a link at the same time one goes on.
func TestLinkAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := w.link(nil)
	var group sync.WaitGroup
	begun := make(chan string, 8)
	for i := range cap(begun) {
		group.Go(func() {
			got := w.do(call{method: http.MethodPost, path: "/v1/signin/entry", key: fmt.Sprintf("key-number-%08d", i), body: map[string]any{
				"municipalityId": w.here, "client": "app", "link": link,
			}})
			if got.status == http.StatusCreated {
				begun <- string(got.body)
			} else if got.code != "not_found" {
				t.Errorf("at the same time: %s", got.wire())
			}
		})
	}
	group.Wait()
	if len(begun) != 1 {
		t.Errorf("%d sign-ins, want one", len(begun))
	}
}
