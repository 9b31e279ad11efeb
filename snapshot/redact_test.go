package snapshot

import (
	"bytes"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var everything = Redaction{Addresses: true, MACs: true, Names: true, Images: true}

func redacted(t testing.TB, d *network.Discovery, what Redaction) *network.Discovery {
	t.Helper()
	r, err := Redact(d, what)
	require.NoError(t, err)
	return r
}

func TestParseRedaction(t *testing.T) {
	what, err := ParseRedaction("addresses, names")
	require.NoError(t, err)
	assert.Equal(t, Redaction{Addresses: true, Names: true}, what)
	what, err = ParseRedaction("macs,all")
	require.NoError(t, err)
	assert.Equal(t, everything, what)
	for list, want := range map[string]string{"adresses": "did you mean addresses?", "": "write some of addresses,macs,names,images,all", "names,": "cannot redact"} {
		_, err = ParseRedaction(list)
		assert.ErrorContains(t, err, want)
	}
}

// stringFields collects the fields below a type that are strings, or lists of them.
func stringFields(typ reflect.Type, field string, seen map[reflect.Type]bool, found map[string]bool) {
	switch typ.Kind() {
	case reflect.String:
		found[field] = true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		stringFields(typ.Elem(), field, seen, found)
	case reflect.Map:
		if typ.Elem().Kind() != reflect.String { // labels have rules of their own.
			stringFields(typ.Elem(), field, seen, found)
		}
	case reflect.Struct:
		if seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				stringFields(f.Type, typ.Name()+"."+f.Name, seen, found)
			}
		}
	}
}

func TestEveryStringHasARule(t *testing.T) {
	found := map[string]bool{"Namespace.Path": true}
	seen := map[reflect.Type]bool{}
	stringFields(reflect.TypeFor[network.Discovery](), "", seen, found)
	for _, typ := range nifTypes {
		stringFields(typ, "", seen, found)
	}
	for field := range found {
		assert.NotEmpty(t, textRules[field], field)
	}
	for field := range textRules {
		assert.True(t, found[field], "%s is no string any more", field)
	}
}

// secrets collects what names, images and addresses a discovery has.
func secrets(d *network.Discovery) []string {
	all := []string{d.Host.Name}
	for _, n := range d.Networks {
		all = append(all, n.ID)
		if n.Name != n.Driver {
			all = append(all, n.Name)
		}
	}
	for _, c := range d.Containers {
		all = append(all, c.ID, c.Name, c.Labels["hostwire/image"], c.Process.Cmdline[0])
	}
	for _, ns := range d.Netns {
		all = append(all, ns.Paths...)
		for _, nif := range ns.Nifs {
			if strings.HasPrefix(nif.Nif().Name, "br-") {
				all = append(all, nif.Nif().Name)
			}
			for _, a := range slices.Concat(nif.Nif().Addrsv4, nif.Nif().Addrsv6) {
				if ip, _ := netip.AddrFromSlice(a.Address); !everywhere(ip) && !documented(ip) {
					all = append(all, ip.String())
				}
			}
			if !nif.Nif().Loopback {
				all = append(all, nif.Nif().L2Addr.String())
			}
		}
	}
	return all
}

func documented(ip netip.Addr) bool {
	for _, p := range append(documentation4, netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fe80::/118"), netip.MustParsePrefix("198.18.0.0/15")) {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func TestNothingIsLeftToKnowTheHostBy(t *testing.T) {
	d := made(t, bigHost)
	r := redacted(t, d, everything)
	text := encoded(t, r)
	validate(t, compiled(t), text)
	quoted := func(s string) []byte { return []byte(`"` + s + `"`) }
	for _, secret := range secrets(d) {
		assert.False(t, bytes.Contains(text, quoted(secret)), secret)
	}
	for _, left := range []string{"172.17.", "10.244.", "fd00:", "nginx", "docker0-", "shop", "02:4"} {
		assert.NotContains(t, string(text), left)
	}
	assert.Contains(t, string(text), `"host":{"name":"host-1"`)
	assert.Equal(t, string(text), string(encoded(t, redacted(t, d, everything))))
	assert.Equal(t, len(d.Netns), len(r.Netns))
}

func TestWiringStaysVisible(t *testing.T) {
	d := made(t, bigHost)
	r := redacted(t, d, everything)
	before, after := sortedNetns(d.Netns), sortedNetns(r.Netns)
	require.Len(t, after, len(before))
	byID := map[uint64]*network.NetworkNamespace{}
	for _, ns := range after {
		byID[ns.ID().Ino] = ns
	}
	standIns, backwards := map[netip.Prefix]netip.Prefix{}, map[netip.Prefix]netip.Prefix{}
	for _, ns := range before {
		other := byID[ns.ID().Ino]
		for index, nif := range ns.Nifs {
			a, b := nif.Nif(), other.Nifs[index].Nif()
			assert.Equal(t, a.Kind, b.Kind)
			assert.Equal(t, a.State, b.State)
			if a.Lower != nil {
				assert.Equal(t, a.Lower.Nif().Index, b.Lower.Nif().Index)
			}
			require.Len(t, b.Addrsv4, len(a.Addrsv4))
			for i := range a.Addrsv4 {
				was, is := subnetOf(a.Addrsv4[i]), subnetOf(b.Addrsv4[i])
				if known, ok := standIns[was]; ok {
					assert.Equal(t, known, is, "a network fell apart")
				}
				if known, ok := backwards[is]; ok {
					assert.Equal(t, known, was, "two networks became one")
				}
				standIns[was], backwards[is] = is, was
			}
			assert.Same(t, b, other.NamedNifs[b.Name].Nif())
		}
	}
	host := after[0]
	require.Len(t, host.ForwardedPortsv4, 20)
	for _, port := range host.ForwardedPortsv4 {
		assert.NotNil(t, port.DestinationNetns.NifWithAddress(port.ForwardIP))
	}
}

func subnetOf(a network.Address) netip.Prefix {
	ip, _ := netip.AddrFromSlice(a.Address)
	return netip.PrefixFrom(ip, int(a.PrefixLength)).Masked()
}

func TestOnlyWhatWasAskedForIsReplaced(t *testing.T) {
	d := made(t, "bridge tenant:2 port ipv6")
	original := string(encoded(t, d))
	assert.Equal(t, original, string(encoded(t, redacted(t, d, Redaction{}))))
	for name, c := range map[string]struct {
		what       Redaction
		gone, left []string
	}{
		"addresses": {Redaction{Addresses: true}, []string{"172.17.0.2", "fd00:"}, []string{`"web"`, "nginx", "02:40"}},
		"macs":      {Redaction{MACs: true}, []string{"02:40", "fe80::40"}, []string{`"web"`, "nginx", "172.17.0.2"}},
		"names":     {Redaction{Names: true}, []string{`"web"`, "edge-01"}, []string{"nginx:1.27", "172.17.0.2", "02:40"}},
		"images":    {Redaction{Images: true}, []string{"nginx:1.27"}, []string{`"web"`, "172.17.0.2", "02:40"}},
	} {
		text := string(encoded(t, redacted(t, d, c.what)))
		for _, s := range c.gone {
			assert.Contains(t, original, s, name)
			assert.NotContains(t, text, s, name)
		}
		for _, s := range c.left {
			assert.Contains(t, text, s, name)
		}
	}
}

func TestProseIsCleared(t *testing.T) {
	d := made(t, "tenant lone ipv6")
	d.Findings = []network.Finding{{
		Kind: network.FindingNetns, Subject: "namespace /run/netns/lab-1",
		Message: "web at 172.17.0.2 (00:11:22:33:44:55) does not answer; fd00:0:ac11::2 neither",
	}}
	f := redacted(t, d, everything).Findings[0]
	assert.Equal(t, "namespace /run/netns/netns-1", f.Subject)
	assert.Regexp(t, `^container-1 at 192\.0\.2\.\d \(00:00:5e:00:53:..\) does not answer; 2001:db8:0:1::\d neither$`, f.Message)
}

func TestManyAddressesFit(t *testing.T) {
	for _, spec := range []string{"tenant:600", "compose:600 ipv6"} {
		d := made(t, spec)
		seen := map[string]bool{}
		for _, ns := range redacted(t, d, everything).Netns {
			for _, nif := range ns.Nifs {
				for _, a := range nif.Nif().Addrsv4 {
					if ip, _ := netip.AddrFromSlice(a.Address); !ip.IsLoopback() {
						assert.False(t, seen[ip.String()], ip)
						seen[ip.String()] = true
					}
				}
			}
		}
	}
}
