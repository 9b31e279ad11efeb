package rulestest

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"golang.org/x/sys/unix"
)

// Within runs a function on a thread in the named network namespace.
func Within(t testing.TB, netns string, fn func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine.
		f, err := os.Open("/run/netns/" + netns)
		if err != nil {
			done <- err
			return
		}
		defer f.Close()
		if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- fn()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Restore loads rules into the named network namespace: "iptables", "ip6tables" or "nft".
func Restore(t testing.TB, netns, kind, rules string) {
	t.Helper()
	var cmd *exec.Cmd
	ip := testkit.RequireTool(t, "ip", "iproute2")
	switch kind {
	case "nft":
		cmd = exec.Command(ip, "netns", "exec", netns, testkit.RequireTool(t, "nft", "nftables"), "-f", "-")
	default:
		addAccounts(t, netns)
		cmd = exec.Command(ip, "netns", "exec", netns, testkit.RequireTool(t, kind+"-nft-restore", "iptables"), "--wait", "10")
	}
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("restoring %s rules: %v: %s", kind, err, out)
	}
}

// RestoreFile is Restore for the rules in a file.
func RestoreFile(t testing.TB, netns, kind, file string) {
	t.Helper()
	rules, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	Restore(t, netns, kind, string(rules))
}

// addAccounts makes the accounting objects that kube-proxy's iptables rules refer to, and without
// which they can't be restored.
func addAccounts(t testing.TB, netns string) {
	t.Helper()
	Within(t, netns, func() error {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, name := range []string{"ct_state_invalid_dropped_pkts", "localhost_nps_accepted_pkts"} {
			attr := make([]byte, 4+(len(name)+4)&^3)
			binary.NativeEndian.PutUint16(attr, uint16(4+len(name)+1))
			binary.NativeEndian.PutUint16(attr[2:], 1) // NFACCT_NAME
			copy(attr[4:], name)
			msg := make([]byte, 20, 20+len(attr))
			msg = append(msg, attr...)
			binary.NativeEndian.PutUint32(msg, uint32(len(msg)))
			binary.NativeEndian.PutUint16(msg[4:], unix.NFNL_SUBSYS_ACCT<<8) // NFNL_MSG_ACCT_NEW
			binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST|unix.NLM_F_CREATE)
			if err := unix.Sendto(fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rules reads the rules of the named network namespace.
func Rules(t testing.TB, netns string) *nftget.Ruleset {
	t.Helper()
	var rules *nftget.Ruleset
	Within(t, netns, func() error {
		conn, err := nftget.Open()
		if err != nil {
			return err
		}
		defer conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		rules, err = conn.Read(ctx)
		return err
	})
	return rules
}

// Lines writes forwards the way tests compare them, one a line, sorted:
// "tcp 0.0.0.0:9000-9002 -> 172.30.0.2:9000 docker", with share and service where there are any.
func Lines(forwards []portfwd.Forward) []string {
	var lines []string
	for _, f := range forwards {
		ports := fmt.Sprint(f.PortMin)
		if f.PortMax != f.PortMin {
			ports += fmt.Sprintf("-%d", f.PortMax)
		}
		to := "self"
		if f.ForwardIP != nil {
			to = f.ForwardIP.String()
		}
		switch {
		case f.Into != 0:
			to = fmt.Sprintf("in-%d", f.Into)
		case f.ByTap:
			to = "tap"
		}
		line := fmt.Sprintf("%s %s -> %s %s", f.Protocol, net.JoinHostPort(f.IP.String(), ports), net.JoinHostPort(to, fmt.Sprint(f.ForwardPortMin)), f.Source)
		if f.ToOne {
			line += " to-one"
		}
		if f.Share < 0.9999 {
			line += fmt.Sprintf(" share=%.2f", f.Share)
		}
		if f.Service != "" {
			line += " " + f.Service
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// FindingLines writes findings, one a line.
func FindingLines(findings []portfwd.Finding) []string {
	var lines []string
	for _, f := range findings {
		handle := "?"
		if f.Handle != 0 {
			handle = "#" // handles depend on the order in which the kernel was told.
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", f.Family, f.Table, f.Chain, handle, f.Text))
	}
	slices.Sort(lines)
	return lines
}

// Addrs parses addresses.
func Addrs(addrs ...string) []netip.Addr {
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	return list
}
