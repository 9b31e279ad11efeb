package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// serveRPC serves HTTP/2 at a socket and returns a client to it.
func serveRPC(t *testing.T, handler http.HandlerFunc) rpcClient {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.sock")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: handler, Protocols: &protocols, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	s := &engineSocket{path: path, left: new(atomic.Int64)}
	s.left.Store(maxResponses)
	_, err = s.open("/proc")
	require.NoError(t, err)
	t.Cleanup(s.close)
	client, done := s.rpc()
	t.Cleanup(done)
	return client
}

func TestCallsOfProcedures(t *testing.T) {
	answering := func(body string, trailers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			question, _ := io.ReadAll(r.Body)
			if r.URL.Path != "/a.B/C" || r.ProtoMajor != 2 || r.Header.Get("TE") != "trailers" || r.Header.Get("in") != "lab" ||
				!strings.HasSuffix(r.Header.Get("grpc-timeout"), "m") || string(question) != "\x00\x00\x00\x00\x03\x0a\x01q" {
				http.Error(w, "not as gRPC asks", http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/grpc")
			_, _ = io.WriteString(w, body)
			for i := 0; i < len(trailers); i += 2 {
				w.Header().Set(http.TrailerPrefix+trailers[i], trailers[i+1])
			}
		}
	}
	tests := []struct {
		name     string
		handler  http.HandlerFunc
		expected string
		failure  string
	}{
		{"answer", answering("\x00\x00\x00\x00\x02hi", "grpc-status", "0"), "hi", ""},
		{"empty answer", answering("\x00\x00\x00\x00\x00", "grpc-status", "0"), "", ""},
		{"failure", answering("", "grpc-status", "12", "grpc-message", "unknown%20service"), "", "status 12: unknown service"},
		{"failure after an answer", answering("\x00\x00\x00\x00\x02hi", "grpc-status", "5"), "", "status 5"},
		{"failure without a body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("grpc-status", "12")
			w.Header().Set("grpc-message", strings.Repeat("x", 1000))
		}, "", "status 12: " + strings.Repeat("x", maxComplaint) + "…"},
		{"success without an answer", answering("", "grpc-status", "0"), "", "EOF"},
		{"no status", answering("\x00\x00\x00\x00\x02hi"), "", errNoRPC.Error()},
		{"compressed", answering("\x01\x00\x00\x00\x02hi", "grpc-status", "0"), "", errNoRPC.Error()},
		{"two messages", answering("\x00\x00\x00\x00\x02hi\x00\x00\x00\x00\x02hi", "grpc-status", "0"), "", errNoRPC.Error()},
		{"cut", answering("\x00\x00\x00\x00\x03hi", "grpc-status", "0"), "", "unexpected EOF"},
		{"too long", answering("\x00\xff\xff\xff\xffhi", "grpc-status", "0"), "", errTooMuch.Error()},
		{"another protocol", http.NotFound, "", errNoRPC.Error()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), promptAnswer)
			defer cancel()
			answer, err := serveRPC(t, test.handler).call(ctx, "a.B/C", protoMessage(nil).text(1, "q"), "in", "lab")
			if test.failure != "" {
				require.ErrorContains(t, err, test.failure)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.expected, string(answer))
		})
	}
}

// promptAnswer is how long an answer may take on a busy machine.
const promptAnswer = 20 * time.Second

func TestCallsEndWithTheirContext(t *testing.T) {
	client := serveRPC(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.call(ctx, "a.B/C", nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestConnectionsEndWithTheirClient(t *testing.T) {
	for name, ask := range map[string]func(ctx context.Context, s *engineSocket) (done func()){
		"HTTP": func(ctx context.Context, s *engineSocket) func() {
			web, done := s.client(nil)
			require.ErrorIs(t, getJSON(ctx, web, "/version", &struct{}{}), context.DeadlineExceeded)
			return done
		},
		"gRPC": func(ctx context.Context, s *engineSocket) func() {
			client, done := s.rpc()
			_, err := client.call(ctx, "a.B/C", nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return done
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hung.sock")
			listener, err := net.Listen("unix", path)
			require.NoError(t, err)
			defer listener.Close()
			s := &engineSocket{path: path, left: new(atomic.Int64)}
			s.left.Store(maxResponses)
			_, err = s.open("/proc")
			require.NoError(t, err)
			defer s.close()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			ask(ctx, s)()
			conn, err := listener.Accept()
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(promptAnswer)))
			_, err = io.Copy(io.Discard, conn)
			require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "the connection is still open")
		})
	}
}

func FuzzReadRPC(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x02hi"))
	f.Add([]byte("\x00\xff\xff\xff\xffhi"))
	f.Fuzz(func(t *testing.T, body []byte) {
		message, err := readRPC(bytes.NewReader(body))
		if err == nil {
			require.Equal(t, string(body), string(frameRPC(message)))
		}
	})
}

func TestContainersOfPods(t *testing.T) {
	var none protoMessage
	entry := func(key, value string) []byte { return none.text(1, key).text(2, value) }
	container := func(id, sandbox, name string, state uint64) criContainer {
		c, err := parseCRIContainer(none.text(1, id).text(2, sandbox).bytes(3, none.text(1, name)).bytes(4, none.text(1, "nginx")).
			number(6, state).bytes(8, entry("app", "shop")).bytes(9, entry("note", "x")))
		require.NoError(t, err)
		return c
	}
	sandbox := func(id, pod string, state uint64) criSandbox {
		s, err := parseCRISandbox(none.text(1, id).bytes(2, none.text(1, pod).text(2, "u-"+pod).text(3, "lab")).number(3, state).bytes(5, entry("app", "pause")))
		require.NoError(t, err)
		return s
	}
	engine := &model.ContainerEngine{Type: engineCRI.engine()}
	all := criContainersOf(
		[]criContainer{container("c1", "s1", "web", 1), container("c2", "s1", "old", 2), container("c3", "none", "lost", 1), container("c4", "s2", "gone", 1)},
		[]criSandbox{sandbox("s1", "front", 0), sandbox("s2", "back", 1)}, engine,
		func(procedure, id string) (int, error) {
			pids := map[string]string{criContainerStatus + " c1": `{"pid":11}`, criSandboxStatus + " s1": `{"pid":10}`}
			info, ok := pids[procedure+" "+id]
			if !ok {
				return 0, errors.New("gone")
			}
			return parseCRIPID(none.bytes(2, entry("other", "{}")).bytes(2, entry("info", info)))
		})
	require.Len(t, all, 2)
	assert.Equal(t, &model.Container{ID: "c1", Name: "web", Type: "k8s.io/cri-api", Flavor: "k8s.io/cri-api", PID: 11, Labels: model.Labels{
		"app": "shop", labelAnnotation + "note": "x", LabelImage: "nginx", LabelStatus: "running",
		LabelPodName: "front", LabelPodNamespace: "lab", LabelPodUID: "u-front", LabelPodContainer: "web",
	}}, all[0].Container)
	assert.Equal(t, &model.Container{ID: "s1", Name: "s1", Type: "k8s.io/cri-api", Flavor: "k8s.io/cri-api", PID: 10, Labels: model.Labels{
		"app": "pause", LabelStatus: "running", LabelPodSandbox: "",
		LabelPodName: "front", LabelPodNamespace: "lab", LabelPodUID: "u-front", LabelPodContainer: "s1",
	}}, all[1].Container)
	_, err := parseCRIPID(none.bytes(2, entry("info", "nonsense")))
	assert.Error(t, err)
}

func TestTasksOfContainerd(t *testing.T) {
	var none protoMessage
	task, err := parseTask(none.text(2, "c1").number(3, 4711).number(4, taskPausing))
	require.NoError(t, err)
	details, err := parseContainerdDetails(none.text(1, "c1").bytes(2, none.text(1, "nerdctl/name").text(2, "web")).text(3, "nginx").bytes(5, none))
	require.NoError(t, err)
	engine := &model.ContainerEngine{Type: engineContainerd.engine()}
	for _, test := range []struct {
		namespace, id, name string
		details             *containerdDetails
	}{
		{"default", "c1", "web", details}, {"lab", "lab/c1", "lab/web", details}, {"lab", "lab/c1", "lab/c1", nil},
	} {
		task.namespace = test.namespace
		told := task.told(engine, test.details)
		assert.Equal(t, test.id, told.ID)
		assert.Equal(t, test.name, told.Name)
		assert.Equal(t, model.PIDType(4711), told.PID)
		assert.True(t, told.Paused)
		assert.Equal(t, "paused", told.Labels[LabelStatus])
	}
	assert.Zero(t, protoPID(1<<31))
}
