package network

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// Tenant is a process at the top of a process subtree in a network namespace, or the first process
// of a container.
type Tenant struct {
	Process      *model.Process   // the topmost process; never nil. Its Container tells the container, if it is one's first process.
	BoundingCaps []byte           // capability bounding set (CapBnd of proc_pid_status(5)): capability 0 is bit 0 of the last byte. Nil if unknown.
	DNS          DnsConfiguration // how it resolves names.
}

// Tenants is a list of tenants that can be sorted in place.
type Tenants []*Tenant

// NewTenant returns the process as a tenant, with its capabilities and DNS configuration read now.
// What cannot be read stays empty.
func NewTenant(proc *model.Process) *Tenant {
	tenants, _ := newTenants(context.Background(), "/proc", []*model.Process{proc})
	return tenants[0]
}

// Name returns the container's name, or the name of the process if it is not a container's.
func (t *Tenant) Name() string {
	if t.Process == nil {
		return ""
	}
	if container := t.Process.Container; container != nil && container.Name != "" {
		return container.Name
	}
	if t.Process.Name != "" {
		return t.Process.Name
	}
	return t.Process.Basename()
}

// Sort sorts the tenants in place: the one with PID 1 first, the others by name, then by PID.
func (ts Tenants) Sort() {
	slices.SortStableFunc(ts, func(a, b *Tenant) int {
		pidA, pidB := a.pid(), b.pid()
		switch {
		case pidA == pidB:
			return 0
		case pidA == 1:
			return -1
		case pidB == 1:
			return 1
		}
		return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(pidA, pidB))
	})
}

// pid returns the PID of the tenant's process, 0 if it has none.
func (t *Tenant) pid() model.PIDType {
	if t.Process == nil {
		return 0
	}
	return t.Process.PID
}

// tenantProcesses returns, for each network namespace, the processes that are its tenants, by PID:
// the topmost ones of each process subtree in it, and the first ones of containers.
func tenantProcesses(allnetns model.NamespaceMap, containers model.Containers) map[species.NamespaceID][]*model.Process {
	tenants := make(map[species.NamespaceID][]*model.Process, len(allnetns))
	for id, netns := range allnetns {
		tenants[id] = slices.Clone(netns.Leaders())
	}
	for _, container := range containers {
		proc := container.Process
		if proc == nil || proc.Namespaces[model.NetNS] == nil {
			continue
		}
		id := proc.Namespaces[model.NetNS].ID()
		if _, ok := allnetns[id]; ok {
			tenants[id] = append(tenants[id], proc)
		}
	}
	for id, procs := range tenants {
		slices.SortFunc(procs, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
		tenants[id] = slices.Compact(procs)
	}
	return tenants
}

// tenantProblem is something about a tenant that could not be read.
type tenantProblem struct {
	proc *model.Process
	dnsProblem
}

// newTenants returns the processes as tenants, in their order, and what could not be read.
func newTenants(ctx context.Context, proc string, procs []*model.Process) (Tenants, []tenantProblem) {
	tenants := make(Tenants, len(procs))
	pids := make([]model.PIDType, len(procs))
	for i, process := range procs {
		tenants[i] = &Tenant{Process: process}
		pids[i] = process.PID
	}
	hostnames, denied := utsHostnames(proc, pids)

	dns := newDNSReader(proc)
	results := make([]dnsResult, len(procs))
	gone := make([]bool, len(procs))
	workers := min(max(runtime.GOMAXPROCS(0), 2), 4, len(procs))
	next := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for i := range next {
				results[i] = dns.read(ctx, pids[i])
				tenants[i].BoundingCaps = readBoundingCaps(proc, pids[i])
				gone[i] = isAnotherProcess(proc, procs[i])
			}
		})
	}
	for i := range procs {
		next <- i
	}
	close(next)
	working.Wait()

	var problems []tenantProblem
	for i, tenant := range tenants {
		if gone[i] { // what was read is someone else's.
			tenant.BoundingCaps = nil
			continue
		}
		tenant.DNS = results[i].dns
		hostname, ok := hostnames[pids[i]]
		tenant.DNS.Hostname = hostname
		if !ok && denied {
			problems = append(problems, tenantProblem{procs[i], dnsProblem{FindingPrivilege, "host name could not be read: permission denied"}})
		}
		for _, problem := range results[i].problems {
			problems = append(problems, tenantProblem{procs[i], problem})
		}
	}
	return tenants, problems
}

// isAnotherProcess reports whether a process's PID stands for a later process by now.
func isAnotherProcess(proc string, process *model.Process) bool {
	if process.Starttime == 0 {
		return false // not known, as in processes that were not discovered.
	}
	stat, err := os.ReadFile(proc + "/" + strconv.Itoa(int(process.PID)) + "/stat")
	if err != nil {
		return false
	}
	start, ok := parseStartTime(string(stat))
	return ok && start != process.Starttime
}

// parseStartTime decodes the time that a process started at, in clock ticks since boot, from
// proc_pid_stat(5). The process's name can hold anything, but comes in parentheses.
func parseStartTime(stat string) (start uint64, ok bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const startTime = 22 - 3 // it is the 22nd field, and the third is the first after the name.
	if len(fields) <= startTime {
		return 0, false
	}
	start, err := strconv.ParseUint(fields[startTime], 10, 64)
	return start, err == nil
}

// readBoundingCaps reads a process's capability bounding set; nil if it cannot be read.
func readBoundingCaps(proc string, pid model.PIDType) []byte {
	status, err := os.ReadFile(proc + "/" + strconv.Itoa(int(pid)) + "/status")
	if err != nil {
		return nil
	}
	return parseBoundingCaps(string(status))
}

// parseBoundingCaps decodes the CapBnd line of proc_pid_status(5), a hexadecimal number; nil if
// there is none.
func parseBoundingCaps(status string) []byte {
	for line := range strings.Lines(status) {
		digits, found := strings.CutPrefix(line, "CapBnd:")
		if !found {
			continue
		}
		caps, err := hex.DecodeString(strings.TrimSpace(digits))
		if err != nil || len(caps) == 0 {
			return nil
		}
		return caps
	}
	return nil
}

// discoverTenants reads the tenants of all namespaces. What cannot be read for lack of privilege is
// one finding for all; everything else is a finding for each tenant and file.
func discoverTenants(ctx context.Context, proc string, netnses NetworkNamespaces, procs map[species.NamespaceID][]*model.Process) (findings []Finding) {
	var all []*model.Process
	owners := map[*model.Process]*NetworkNamespace{}
	for _, netns := range netnses.Sorted() {
		for _, process := range procs[netns.ID()] {
			owners[process] = netns
			all = append(all, process)
		}
	}
	tenants, problems := newTenants(ctx, proc, all)
	for _, netns := range netnses {
		netns.Tenants = Tenants{}
	}
	for _, tenant := range tenants {
		netns := owners[tenant.Process]
		netns.Tenants = append(netns.Tenants, tenant)
	}
	for _, netns := range netnses {
		netns.Tenants.Sort()
	}
	denied := map[*model.Process]bool{}
	for _, problem := range problems {
		if problem.kind == FindingPrivilege {
			denied[problem.proc] = true
			continue
		}
		tenant := Tenant{Process: problem.proc}
		findings = append(findings, Finding{
			Kind:    problem.kind,
			Subject: fmt.Sprintf("tenant %s (PID %d)", tenant.Name(), problem.proc.PID),
			Message: problem.message,
			Netns:   owners[problem.proc],
		})
	}
	if len(denied) > 0 {
		findings = append(findings, Finding{
			Kind:    FindingPrivilege,
			Subject: "tenants",
			Message: fmt.Sprintf("name resolution of %d processes could not be read completely: permission denied", len(denied)),
			Remedy:  "run as root",
		})
	}
	return findings
}
