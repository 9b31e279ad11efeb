package soak

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// engineSocket is set, for the churn, to the path of the socket that it serves an engine's API at.
const engineSocket = "HOSTWIRE_SOAK_ENGINE"

// boxSleep is how many seconds the process of a container sleeps at least.
const boxSleep = 1000

// afterlife is how long the engine goes on to tell of some containers whose processes are gone. It
// is much shorter than it takes until their PIDs are used again.
const afterlife = 20 * time.Millisecond

// engine is a container engine as far as a discovery asks one: Docker's API, without anything that
// would change something. It tells PIDs of the churn's own PID namespace.
type engine struct {
	mutex sync.Mutex
	boxes map[string]int // PIDs by ID, which is the name.
}

func (e *engine) listen(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // until the process ends.
	return nil
}

func (e *engine) list(name string, pid int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.boxes[name] = pid
}

// unlist forgets a container, now or later.
func (e *engine) unlist(name string, later time.Duration) {
	if later > 0 {
		time.AfterFunc(later, func() { e.unlist(name, 0) })
		return
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.boxes, name)
}

// ServeHTTP implements http.Handler.
func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	var answer any
	switch {
	case strings.HasSuffix(path, "/_ping"):
		w.Header().Set("Api-Version", "1.45")
		return
	case strings.HasSuffix(path, "/version"):
		answer = object{"Version": "1", "ApiVersion": "1.45"}
	case strings.HasSuffix(path, "/info"):
		answer = object{"ID": own}
	case strings.HasSuffix(path, "/networks"):
		answer = []object{}
	case strings.HasSuffix(path, "/containers/json"):
		answer = e.all()
	default:
		parts := strings.Split(strings.TrimSuffix(path, "/json"), "/")
		answer = e.inspect(parts[len(parts)-1])
	}
	w.Header().Set("Content-Type", "application/json")
	if answer == nil {
		w.WriteHeader(http.StatusNotFound)
		answer = object{"message": "No such container"}
	}
	_ = json.NewEncoder(w).Encode(answer) // whoever asks may be gone.
}

type object = map[string]any

func (e *engine) all() []object {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	list := []object{}
	for name := range e.boxes {
		list = append(list, object{"Id": name, "Names": []string{"/" + name}})
	}
	return list
}

func (e *engine) inspect(name string) any {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	pid, ok := e.boxes[name]
	if !ok {
		return nil
	}
	return object{
		"Id": name, "Name": "/" + name,
		"State":  object{"Status": "running", "Running": true, "Pid": pid},
		"Config": object{"Image": "churn:1", "Labels": object{"com.docker.compose.project": "churn"}},
	}
}
