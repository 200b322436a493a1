package sandbox

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// outgoing is one thing for the writing goroutine to do.
type outgoing struct {
	kind      outKind
	stream    uint32
	value     uint32
	ping      [8]byte
	tableSize bool // value is the client's header table size
	slow      bool
	answer    apnsAnswer
}

type outKind uint8

const (
	sendSettings    outKind = iota // value: the stream limit
	sendSettingsAck                // value: the client's header table size
	sendWindow                     // value: how many bytes more we can take
	sendPong
	sendReset  // value: the error code
	sendGoAway // value: the last stream that was or will be answered
	sendAnswer
	credit // value: how many bytes more the client takes; nothing is sent
)

// send queues o. What is queued goes out at the next flush.
func (c *apnsConn) send(o outgoing) {
	c.mu.Lock()
	c.queue = append(c.queue, o)
	c.mu.Unlock()
}

// flush wakes the writing goroutine.
func (c *apnsConn) flush() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// apnsWriter is the writing goroutine's own state.
type apnsWriter struct {
	c       *apnsConn
	enc     *hpack.Encoder
	block   bytes.Buffer
	window  int64      // bytes of DATA the client still takes on the connection
	blocked []outgoing // answers waiting for the window
}

func (c *apnsConn) write() {
	w := &apnsWriter{c: c, window: 65535}
	w.enc = hpack.NewEncoder(&w.block)
	var batch []outgoing
	for {
		select {
		case <-c.wake:
		case <-c.gone:
			return
		}
		c.mu.Lock()
		batch, c.queue = c.queue, batch[:0]
		c.mu.Unlock()
		for _, o := range batch {
			if o.slow && !w.emit() {
				return
			}
			w.put(o)
			if o.slow && !w.emitSlowly() {
				return
			}
		}
		if !w.emit() {
			return
		}
	}
}

// emit writes what was put together; false when the connection is broken.
func (w *apnsWriter) emit() bool {
	defer w.c.out.Reset()
	if w.c.out.Len() > 0 {
		if _, err := w.c.conn.Write(w.c.out.Bytes()); err != nil {
			_ = w.c.conn.Close()
			return false
		}
	}
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving && c.open == 0 && len(c.queue) == 0 && len(w.blocked) == 0 {
		// Everything promised is answered. The client hangs up; if it does not, we do.
		_ = c.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	}
	return true
}

func (w *apnsWriter) emitSlowly() bool {
	defer w.c.out.Reset()
	for _, b := range w.c.out.Bytes() {
		select {
		case <-w.c.gone:
			return false
		default:
		}
		if _, err := w.c.conn.Write([]byte{b}); err != nil || !w.c.a.s.pause(time.Second) {
			_ = w.c.conn.Close()
			return false
		}
	}
	return true
}

// put turns one thing into frames. Errors of the framer are programming errors only, as it writes to memory.
func (w *apnsWriter) put(o outgoing) {
	fr := w.c.framer
	switch o.kind {
	case sendSettings:
		_ = fr.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: o.value}, http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: 16 << 10})
	case sendSettingsAck:
		if o.tableSize {
			w.enc.SetMaxDynamicTableSizeLimit(o.value)
		}
		_ = fr.WriteSettingsAck()
	case sendWindow:
		_ = fr.WriteWindowUpdate(0, o.value)
	case sendPong:
		_ = fr.WritePing(true, o.ping)
	case sendReset:
		_ = fr.WriteRSTStream(o.stream, http2.ErrCode(o.value))
	case sendGoAway:
		_ = fr.WriteGoAway(o.value, http2.ErrCodeNo, []byte(`{"reason":"Shutdown"}`))
	case credit:
		w.window += int64(o.value)
		waiting := w.blocked
		w.blocked = nil
		for _, b := range waiting {
			w.data(b)
		}
	case sendAnswer:
		w.answer(o)
	}
}

func (w *apnsWriter) answer(o outgoing) {
	if limit, changed := w.c.settle(o.answer); changed {
		w.put(outgoing{kind: sendSettings, value: limit})
	}
	w.block.Reset()
	field := func(name, value string, once bool) {
		_ = w.enc.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: once}) // a value used once stays out of the shared table
	}
	field(":status", strconv.Itoa(o.answer.status), false)
	if o.answer.id != "" {
		field("apns-id", o.answer.id, true)
	}
	if o.answer.retry > 0 {
		field("retry-after", strconv.Itoa(o.answer.retry), false)
	}
	_ = w.c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: o.stream, BlockFragment: w.block.Bytes(), EndHeaders: true, EndStream: o.answer.status == 200})
	if o.answer.status != 200 {
		w.data(o)
	}
}

// data writes the reason of a refusal, or keeps it until the client has room. Bodies are below 100 bytes; a stream window smaller than that
// is not catered for.
func (w *apnsWriter) data(o outgoing) {
	body, _ := json.Marshal(struct { // strings and a number: cannot fail
		Reason    string `json:"reason"`
		Timestamp int64  `json:"timestamp,omitempty"`
	}{o.answer.reason, max(0, o.answer.since.UnixMilli())})
	if int64(len(body)) > w.window {
		w.blocked = append(w.blocked, o)
		return
	}
	w.window -= int64(len(body))
	_ = w.c.framer.WriteData(o.stream, true, body)
}

// settle counts an answer and returns the stream limit if it is to change: up after the first valid token, down after too many refusals in a row.
func (c *apnsConn) settle(a apnsAnswer) (limit uint32, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	conf := c.a.s.cfg.APNs
	if a.status == 200 {
		c.rejected = 0
	} else {
		c.rejected++
	}
	limit = c.limit
	switch {
	case conf.ShrinkAfter > 0 && c.rejected >= conf.ShrinkAfter:
		limit = 1
	case a.authed:
		limit = conf.MaxStreams
	}
	if limit == c.limit {
		return limit, false
	}
	if limit > c.limit {
		c.enforced = limit
	}
	c.limit = limit
	c.unacked = append(c.unacked, limit)
	return limit, true
}
