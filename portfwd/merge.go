package portfwd

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// compare orders forwards by family, protocol, address, port and destination.
func compare(a, b *Forward) int {
	return cmp.Or(
		cmp.Compare(len(short(a.IP)), len(short(b.IP))),
		strings.Compare(a.Protocol, b.Protocol),
		bytes.Compare(short(a.IP), short(b.IP)),
		cmp.Compare(a.PortMin, b.PortMin),
		cmp.Compare(a.PortMax, b.PortMax),
		cmp.Compare(len(short(a.ForwardIP)), len(short(b.ForwardIP))),
		bytes.Compare(short(a.ForwardIP), short(b.ForwardIP)),
		cmp.Compare(a.ForwardPortMin, b.ForwardPortMin),
		cmp.Compare(a.Into, b.Into),
	)
}

// short returns an address in as few bytes as it takes.
func short(ip []byte) []byte {
	if len(ip) == 16 && bytes.Equal(ip[:12], []byte{10: 0xff, 11: 0xff}) {
		return ip[12:]
	}
	return ip
}

// merge sorts forwards and folds those that say the same into one; the first one's source stays.
func merge(forwards []Forward) []Forward {
	slices.SortStableFunc(forwards, func(a, b Forward) int { return compare(&a, &b) })
	merged := forwards[:0]
	for _, f := range forwards {
		if n := len(merged); n > 0 && compare(&merged[n-1], &f) == 0 {
			first := &merged[n-1]
			if first.Service == "" {
				first.Service = f.Service
			}
			if first.PID == 0 {
				first.PID = f.PID
			}
			continue
		}
		merged = append(merged, f)
	}
	return merged
}

// tidy sorts findings and drops repetitions.
func tidy(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.Family, b.Family),
			strings.Compare(a.Table, b.Table),
			strings.Compare(a.Chain, b.Chain),
			cmp.Compare(a.Handle, b.Handle),
			strings.Compare(a.Text, b.Text),
		)
	})
	return slices.Compact(findings)
}
