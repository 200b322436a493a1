package walk_test

import (
	"maps"
	"net/http"
	"strings"
)

func init() {
	maps.Copy(table, map[string]row{
		"MakeWheelLink":   {allowed: heads, status: 201, body: fixed(map[string]any{"locale": "sv"})},
		"RemoveWheelLink": {allowed: heads, status: 204},
		"GetWheelCalendar": {open: true, holder: head, status: 200, arrange: func(w *walk, _ who) ids {
			x := w.real
			path := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + x.Institution.String() + "/wheel-link", token: w.is[head].token,
				body: map[string]any{"locale": "nb"}}).want(w.tb, http.StatusCreated, "").text(w.tb, "path")
			x.Feed = path[strings.LastIndex(path, "/")+1:]
			return x
		}},
	})
}
