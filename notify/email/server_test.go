package email

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

var testNow = time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)

// smtpServer is a mail server that follows a script: reply is asked for every command and for the end of every mail.
type smtpServer struct {
	host string
	port int
	// reply answers a command ("MAIL FROM:…", or "." for the end of a mail) on a connection, counted from 1. "" means the usual answer,
	// "hangup" closes the connection, "silence" never answers.
	reply    func(connection int, command string) string
	greeting func(connection int) string
	offer    []string // extensions; STARTTLS is carried out
	implicit bool     // TLS from the first byte

	silent chan struct{} // closed at the end of the test: ends every silence

	mu       sync.Mutex
	mails    []string // what was taken, raw
	commands []string // "1 MAIL FROM:…", with the connection's number
}

// testCertificate is a server certificate for 127.0.0.1 and the pool that trusts it; made once, it costs CPU.
var testCertificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
})

func startSMTP(t *testing.T, s *smtpServer) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.host, s.port, s.silent = "127.0.0.1", l.Addr().(*net.TCPAddr).Port, make(chan struct{})
	var open sync.WaitGroup
	open.Go(func() {
		for number := 1; ; number++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			open.Go(func() { s.serve(conn, number) })
		}
	})
	t.Cleanup(func() { close(s.silent); _ = l.Close(); open.Wait() })
	return s
}

func (s *smtpServer) serve(conn net.Conn, number int) {
	defer func() { _ = conn.Close() }()
	certificate, _ := testCertificate()
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if s.implicit {
		conn = tls.Server(conn, config)
	}
	in := bufio.NewReader(conn)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(conn, format+"\r\n", args...) }
	greeting := "220 test"
	if s.greeting != nil {
		greeting = s.greeting(number)
	}
	say("%s", greeting)
	inMail := false // a transaction is open: MAIL is refused as nested
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, fmt.Sprintf("%d %s", number, command))
		s.mu.Unlock()
		verb := strings.ToUpper(strings.Fields(command + " ?")[0])
		if verb == "MAIL" && inMail {
			say("503 5.5.1 nested MAIL command")
			continue
		}
		answer := s.answer(number, command)
		switch {
		case answer == "hangup":
			return
		case answer == "silence":
			<-s.silent
			return
		case answer != "":
			say("%s", answer)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-test")
			for _, extension := range s.offer {
				say("250-%s", extension)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, config)
			in = bufio.NewReader(conn)
		case "AUTH":
			say("235 2.7.0 welcome")
		case "MAIL":
			inMail = true
			say("250 2.1.0 ok")
		case "RSET":
			inMail = false
			say("250 2.0.0 ok")
		case "DATA":
			say("354 go ahead")
			mail := readMail(in)
			inMail = false
			switch end := s.answer(number, "."); end {
			case "hangup":
				return
			case "silence":
				<-s.silent
				return
			case "":
				s.mu.Lock()
				s.mails = append(s.mails, mail)
				s.mu.Unlock()
				say("250 2.0.0 queued")
			default:
				say("%s", end)
			}
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

func (s *smtpServer) answer(number int, command string) string {
	if s.reply == nil {
		return ""
	}
	return s.reply(number, command)
}

func readMail(in *bufio.Reader) string {
	var mail strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return mail.String()
		}
		mail.WriteString(line)
	}
}

func (s *smtpServer) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

// said counts the commands that begin with a word, and the connections they came over.
func (s *smtpServer) said(word string) (count, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := map[string]bool{}
	for _, c := range s.commands {
		number, command, _ := strings.Cut(c, " ")
		if strings.HasPrefix(command, word) {
			count++
			over[number] = true
		}
	}
	return count, len(over)
}

func newSender(t *testing.T, s *smtpServer, change ...func(*Config)) *Sender {
	t.Helper()
	c := Config{
		Host: s.host, Port: s.port, TLS: TLSNone, From: "Budstikke <no-reply@budstikke.example>",
		UnsubscribeURL: "https://budstikke.example/v1/guardian/unsubscribe", Now: func() time.Time { return testNow },
		UnsubscribeToken: func(d notify.Delivery) string { return "token-" + d.Endpoint.String() + strings.Repeat("x", 60) },
	}
	for _, f := range change {
		f(&c)
	}
	sender, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sender.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return sender
}

// testMail is a routine mail with fixed ids.
func testMail() notify.Mail {
	return notify.Mail{
		Delivery: notify.Delivery{
			ID: uuid.MustParse("01900000-0000-7000-8000-000000000001"), Endpoint: uuid.MustParse("01900000-0000-7000-8000-000000000005"),
			Event: uuid.New(), Kind: notify.KindMessagePosted, Urgency: notify.UrgencyRoutine, Channel: notify.ChannelEmail,
			Provider: notify.ProviderSMTP, Address: "guardian@example.com", Locale: notify.Swedish,
		},
		Words: notify.Words{
			Title: "Nytt meddelande – åäö", Text: "Du har ett meddelande att läsa.\n\nÖppna Budstikke:\nhttps://budstikke.example/open/message_posted/x",
			HTML: "<p>Du har ett meddelande att läsa.</p>",
		},
	}
}
