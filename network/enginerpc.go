package network

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxMessage bounds a message of gRPC, in bytes. It is what engines bound theirs to.
const maxMessage = 16 << 20

// rpcClient calls procedures of an engine as gRPC does over HTTP/2, see
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. It is for calls with one question
// and one answer, without compression.
type rpcClient struct {
	web *http.Client
}

// rpc returns a client to the engine at the socket, and what closes its connections.
func (s *engineSocket) rpc() (client rpcClient, done func()) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	web, done := s.client(&protocols)
	return rpcClient{web}, done
}

// errNoRPC says that whoever answers does not speak gRPC.
var errNoRPC = errors.New("not an answer of gRPC")

// call calls a procedure. Headers come in pairs, name and value.
func (c rpcClient) call(ctx context.Context, procedure string, question protoMessage, headers ...string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://engine/"+procedure, bytes.NewReader(frameRPC(question)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	if deadline, ok := ctx.Deadline(); ok {
		request.Header.Set("grpc-timeout", strconv.FormatInt(max(time.Until(deadline).Milliseconds(), 1), 10)+"m")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.web.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "application/grpc") {
		return nil, errNoRPC
	}
	if response.Header.Get("grpc-status") != "" { // there is no answer, and its headers are its trailers.
		response.Trailer = response.Header
	}
	answer, err := readRPC(response.Body)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if failed := rpcFailure(response.Trailer); failed != nil {
		return nil, failed
	}
	return answer, err
}

// frameRPC puts a message into a frame: whether it is compressed, its length, and itself.
func frameRPC(message []byte) []byte {
	frame := make([]byte, 5, 5+len(message))
	binary.BigEndian.PutUint32(frame[1:], uint32(len(message)))
	return append(frame, message...)
}

// readRPC reads the only message of an answer, and then its end, after which come the trailers.
// It is io.EOF if there is no message.
func readRPC(r io.Reader) ([]byte, error) {
	var frame [5]byte
	if _, err := io.ReadFull(r, frame[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(frame[1:])
	switch {
	case frame[0] != 0:
		return nil, errNoRPC
	case length > maxMessage:
		return nil, errTooMuch
	}
	// Memory grows with what comes and not with what is announced.
	message, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err != nil {
		return nil, err
	}
	if len(message) < int(length) {
		return nil, io.ErrUnexpectedEOF
	}
	switch n, err := io.ReadFull(r, frame[:1]); {
	case n > 0:
		return nil, errNoRPC
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return message, nil
}

// rpcFailure returns the error that trailers tell of, and nil for success.
func rpcFailure(trailers http.Header) error {
	code, err := strconv.ParseUint(trailers.Get("grpc-status"), 10, 16)
	switch {
	case err != nil:
		return errNoRPC
	case code == 0:
		return nil
	}
	message, err := url.PathUnescape(trailers.Get("grpc-message"))
	if err != nil {
		message = ""
	}
	return &statusError{int(code), fmt.Sprintf("status %d", code), complaint(message)}
}
