package web

import (
	"errors"
	"io"
	"net"
	"os"
)

// quietListener gives connections that end without a word when nothing came over them in time. Clients dial some in advance, and keep them for the
// next request: an answer that is already there when they send it would be taken for its answer, whoever's it is.
type quietListener struct{ net.Listener }

// Accept waits for the next connection.
func (l quietListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &quietConn{Conn: conn}, nil
}

// quietConn is a connection of which nothing was read yet, or something. It is read by one goroutine at a time.
type quietConn struct {
	net.Conn
	spoken bool
}

// Read reads. A wait that ends before the first byte is the end of the connection, and no request that came too slowly.
func (c *quietConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.spoken = c.spoken || n > 0
	if !c.spoken && errors.Is(err, os.ErrDeadlineExceeded) {
		return n, io.EOF
	}
	return n, err //nolint:wrapcheck // what net.Conn promises
}
