package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of what engines answer, in bytes. What it takes in memory is several times as much.
const (
	maxResponse  = 64 << 20
	maxResponses = 128 << 20 // of all engines together.
	maxHeaders   = 64 << 10
	maxComplaint = 200 // of an error in an engine's words.
)

var (
	errTooMuch    = errors.New("answers with more than is read")
	errIncomplete = errors.New("answer is incomplete")
)

// inspectors is how many containers are asked about at the same time.
const inspectors = 8

// engineDialer connects to an engine's socket, and closes all connections in the end. A transport
// would keep those with a question that was given up.
type engineDialer struct {
	address string

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
}

// DialContext connects, whatever the address.
func (d *engineDialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, net.ErrClosed
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", d.address)
	if err == nil {
		d.conns = append(d.conns, conn)
	}
	return conn, err
}

func (d *engineDialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, conn := range d.conns {
		_ = conn.Close()
	}
}

// client returns an HTTP client to whoever listens at the socket, and to nobody else, and what
// closes its connections.
func (s *engineSocket) client(protocols *http.Protocols) (web *http.Client, done func()) {
	dialer := &engineDialer{address: s.address()}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConns:           inspectors,
		MaxIdleConnsPerHost:    inspectors,
		MaxResponseHeaderBytes: maxHeaders,
		HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerStream: 256 << 10},
	}
	return newEngineClient(transport, s.left), func() {
		transport.CloseIdleConnections()
		dialer.close()
	}
}

// newEngineClient returns a client that reads no more than is left, and follows nobody elsewhere.
func newEngineClient(transport http.RoundTripper, left *atomic.Int64) *http.Client {
	return &http.Client{
		Transport:     bounded{transport, left},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded bounds what is read of responses: of each, and of all engines' together.
type bounded struct {
	http.RoundTripper
	left *atomic.Int64 // bytes that may still be read, of all.
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil && response.Body != nil {
		response.Body = &boundedBody{ReadCloser: response.Body, left: maxResponse, all: b.left}
	}
	return response, err
}

// boundedBody is the body of a response.
type boundedBody struct {
	io.ReadCloser
	left int64
	all  *atomic.Int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 || b.all.Load() <= 0 {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	b.all.Add(-int64(n))
	return n, err
}

// statusError is an answer that tells of a failure.
type statusError struct {
	code    int
	status  string // in words
	message string // the engine's
}

// Error implements error.
func (e *statusError) Error() string {
	if e.message == "" {
		return e.status
	}
	return e.status + ": " + e.message
}

// complaint cuts what an engine complains of to a length that can be told.
func complaint(message string) string {
	message = strings.ToValidUTF8(strings.TrimSpace(message), "\uFFFD")
	if runes := []rune(message); len(runes) > maxComplaint {
		return string(runes[:maxComplaint]) + "…"
	}
	return message
}

// get asks for what is at a path. Who gets a body closes it.
func get(ctx context.Context, web *http.Client, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := web.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	var told struct {
		Message string `json:"message"`
	}
	_ = json.NewDecoder(io.LimitReader(response.Body, maxHeaders)).Decode(&told) // the status tells enough
	return nil, &statusError{response.StatusCode, fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode)), complaint(told.Message)}
}

// getJSON asks for the object at a path.
func getJSON(ctx context.Context, web *http.Client, path string, into any) error {
	body, err := get(ctx, web, path)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return json.NewDecoder(body).Decode(into)
}

// getList asks for the list at a path and reads so many of its elements at most; more tells whether
// it has more of them.
func getList[T any](ctx context.Context, web *http.Client, path string, most int) (list []T, more bool, err error) {
	body, err := get(ctx, web, path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = body.Close() }()
	return decodeList[T](body, most)
}

// decodeList decodes a JSON array element by element, so that no more than so many are ever in
// memory. null is an empty one.
func decodeList[T any](r io.Reader, most int) (list []T, more bool, err error) {
	decoder := json.NewDecoder(r)
	switch start, err := decoder.Token(); {
	case err != nil:
		return nil, false, err
	case start == nil:
		return nil, false, nil
	case start != json.Delim('['):
		return nil, false, errIncomplete
	}
	for decoder.More() {
		if len(list) == most {
			return list, true, nil
		}
		var element T
		if err := decoder.Decode(&element); err != nil {
			return nil, false, err
		}
		list = append(list, element)
	}
	_, err = decoder.Token() // its end
	return list, false, err
}
