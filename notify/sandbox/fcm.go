package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// fcmServer speaks FCM's HTTP v1 API and the OAuth token endpoint that a service account asks first.
type fcmServer struct {
	s    *Sandbox
	gate gate

	mu      sync.RWMutex
	bearers map[string]time.Time // issued tokens and when they expire
}

func (s *Sandbox) startFCM() error {
	l, err := s.listen(FCM, s.cfg.Ports.FCM)
	if err != nil {
		return err
	}
	f := &fcmServer{s: s, bearers: map[string]time.Time{}}
	f.gate = gate{s: s, provider: FCM, refuse: func(w http.ResponseWriter, status int, reason string) {
		fcmError(w, status, reason, "switched on in the sandbox")
	}}
	s.fcm = f
	s.addrs.FCM = "http://" + s.hostPort(l)
	s.addrs.FCMTLS = "https://" + s.hostPort(l)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", f.token)
	mux.HandleFunc("POST /v1/projects/{project}/{method}", f.send)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fcmError(w, http.StatusNotFound, "NOT_FOUND", "no such method")
	})
	s.serveWeb(l, s.serverTLS(FCM, "h2", "http/1.1"), mux)
	return nil
}

// fcmTokenLife is how long Google's access tokens live.
const fcmTokenLife = time.Hour

// token exchanges a service account's signed assertion for a bearer token (RFC 7523).
func (f *fcmServer) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, text string) {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": text})
	}
	if r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		refuse("unsupported_grant_type", "Invalid grant_type")
		return
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(r.PostFormValue("assertion"), claims, func(*jwt.Token) (any, error) { return f.s.keys.fcmKey.Public(), nil })
	now := f.s.now()
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	scope, _ := claims["scope"].(string)
	switch {
	case err != nil || claims["iss"] != serviceAccount(f.s.cfg):
		refuse("invalid_grant", "Invalid JWT Signature.")
	case claims["aud"] != f.s.addrs.FCM+"/token":
		refuse("invalid_grant", "Invalid JWT: Failed audience check.")
	case time.Unix(int64(iat), 0).After(now.Add(5*time.Minute)) || time.Unix(int64(exp), 0).Before(now) || exp-iat > 3700:
		refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.")
	case !strings.Contains(scope, "firebase.messaging") && !strings.Contains(scope, "cloud-platform"):
		refuse("invalid_scope", "Empty or missing scope not allowed.")
	default:
		bearer := "ya29.c." + hexID(32)
		f.mu.Lock()
		for t, until := range f.bearers {
			if until.Before(now) {
				delete(f.bearers, t)
			}
		}
		f.bearers[bearer] = now.Add(fcmTokenLife)
		f.mu.Unlock()
		writeJSON(w, http.StatusOK, map[string]any{"access_token": bearer, "expires_in": int(fcmTokenLife.Seconds()) - 1, "token_type": "Bearer"})
	}
}

func (f *fcmServer) allowed(r *http.Request) bool {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return false
	}
	if bearer == f.s.keys.fcmBearer {
		return true
	}
	f.mu.RLock()
	until, known := f.bearers[bearer]
	f.mu.RUnlock()
	return known && f.s.now().Before(until)
}

// maxFCMBody bounds what is read of a request; a valid one is far smaller.
const maxFCMBody = 64 << 10

// send is projects.messages.send.
func (f *fcmServer) send(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("method") != "messages:send" {
		fcmError(w, http.StatusNotFound, "NOT_FOUND", "no such method")
		return
	}
	if !f.allowed(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/"`)
		fcmError(w, http.StatusUnauthorized, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token.")
		return
	}
	if r.PathValue("project") != f.s.cfg.FCM.ProjectID {
		fcmError(w, http.StatusForbidden, "SENDER_ID_MISMATCH", "SenderId mismatch")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxFCMBody))
	if err != nil {
		return // the client is gone
	}
	m, problem := parseFCM(body)
	if problem != nil {
		problem.write(w)
		return
	}
	if _, gone := f.s.faults.of(FCM).goneSince(m.receiver()); gone {
		fcmError(w, http.StatusNotFound, "UNREGISTERED", "Requested entity was not found.")
		return
	}
	name := "projects/" + f.s.cfg.FCM.ProjectID + "/messages/0:" + hexID(12)
	f.gate.pass(w, r, m.receiver(), func(unanswered bool) {
		if !m.validateOnly {
			d := m.delivered(name, f.s.cfg.FCM.ProjectID, unanswered)
			d.Peer = r.RemoteAddr
			f.s.journal.add(d, nil)
		}
	}, func(w http.ResponseWriter) {
		writeJSON(w, http.StatusOK, map[string]string{"name": name})
	})
}

// fcmStatus maps FCM's error codes to Google's canonical status words.
var fcmStatus = map[string]string{
	"UNREGISTERED": "NOT_FOUND", "SENDER_ID_MISMATCH": "PERMISSION_DENIED", "QUOTA_EXCEEDED": "RESOURCE_EXHAUSTED", "UNAVAILABLE": "UNAVAILABLE",
	"INTERNAL": "INTERNAL", "THIRD_PARTY_AUTH_ERROR": "UNAUTHENTICATED", "INVALID_ARGUMENT": "INVALID_ARGUMENT",
}

// fcmError answers in Google's error shape; code is FCM's own error code, "" takes the usual one of the status.
func fcmError(w http.ResponseWriter, status int, code, text string) {
	if code == "" {
		code = map[int]string{400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "SENDER_ID_MISMATCH", 404: "UNREGISTERED", 429: "QUOTA_EXCEEDED", 503: "UNAVAILABLE"}[status]
		if code == "" {
			code = "INTERNAL"
		}
	}
	word, own := fcmStatus[code]
	details := []any{}
	if own {
		details = append(details, map[string]string{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
	} else {
		word = code
	}
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": status, "message": text, "status": word, "details": details}})
}

// writeJSON answers with a JSON body. A failed write means that the client is gone.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
