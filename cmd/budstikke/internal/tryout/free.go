package tryout

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Free tells whether `budstikke dev` can listen where it is to, before a database is made for it: address is that of the API, host:port, and page the port of
// the sandbox's page; port 0 takes a free one. Error: every option that has to be another, with how to say it.
func Free(address string, page int) error {
	var wrong []error
	if _, _, err := net.SplitHostPort(address); err != nil {
		wrong = append(wrong, fmt.Errorf("--address is %q and must be host:port, for example --address 127.0.0.1:8085", address))
	} else if err := listens(address); err != nil {
		wrong = append(wrong, fmt.Errorf("the API cannot be at %s; name another place by --address host:port: %w", address, err))
	}
	if err := listens(net.JoinHostPort("127.0.0.1", strconv.Itoa(page))); err != nil {
		wrong = append(wrong, fmt.Errorf("the page of what was sent cannot be at port %d; name another by --sandbox PORT: %w", page, err))
	}
	return errors.Join(wrong...)
}

func listens(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return listener.Close()
}
