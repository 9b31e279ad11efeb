package network

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
)

// SRIOVRole tells whether an interface is an SR-IOV physical or virtual function.
type SRIOVRole uint8

// Roles in SR-IOV (Documentation/PCI/pci-iov-howto.rst of the kernel).
const (
	PCI_NIC      SRIOVRole = iota // neither; also a device that is capable of SR-IOV, but has no virtual functions enabled.
	PCI_SRIOV_PF                  // physical function with virtual functions enabled.
	PCI_SRIOV_VF                  // virtual function.
)

// pciDevices is where sysfs has PCI devices by their address, in whatever namespace their
// interfaces are (Documentation/ABI/testing/sysfs-bus-pci of the kernel).
const pciDevices = "/bus/pci/devices/"

var pciAddress = lazy.Regexp(`^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-1][0-9a-f]\.[0-7]$`)

// isPCIAddress reports whether a bus address is that of a PCI function, such as "0000:3b:02.1".
func isPCIAddress(address string) bool { return pciAddress().MatchString(address) }

// readSRIOV tells the role of the PCI device with the address, and for a virtual function the
// address of its physical function. sys is where sysfs is mounted.
func readSRIOV(sys, address string) (role SRIOVRole, physical string) {
	if !isPCIAddress(address) {
		return PCI_NIC, ""
	}
	device := sys + pciDevices + address
	if target, err := os.Readlink(device + "/physfn"); err == nil {
		if physical := filepath.Base(target); isPCIAddress(physical) {
			return PCI_SRIOV_VF, physical
		}
	}
	// Capable devices have this file; it counts the functions that are enabled.
	text, err := os.ReadFile(device + "/sriov_numvfs")
	if err != nil {
		return PCI_NIC, ""
	}
	if count, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && count > 0 {
		return PCI_SRIOV_PF, ""
	}
	return PCI_NIC, ""
}

// representorPort matches names of ports (IFLA_PHYS_PORT_NAME) whose interface stands for the
// switch's side of a virtual function or subfunction, such as "pf0vf3" or "c1pf0sf88". They carry
// their physical function's bus address (Documentation/networking/switchdev.rst of the kernel).
var representorPort = lazy.Regexp(`^(c\d+)?pf\d+[vs]f\d+$`)

// resolveSRIOV tells the interfaces' roles in SR-IOV and relates virtual functions to their physical
// function, wherever either's namespace is. sys is where sysfs is mounted; physicalPort returns an
// interface's IFLA_PHYS_PORT_NAME.
func resolveSRIOV(sys string, netnses NetworkNamespaces, physicalPort func(*NifAttrs) string) (findings []Finding) {
	type function struct {
		nif      Interface
		physical string
	}
	var virtual []function
	functions := map[string]Interfaces{} // all by their bus address.
	for _, netns := range netnses.Sorted() {
		for _, nif := range netns.sortedNifs() {
			attrs := nif.Nif()
			address := attrs.DriverInfo.BusInfo
			if !isPCIAddress(address) || representorPort().MatchString(physicalPort(attrs)) {
				continue
			}
			role, pf := readSRIOV(sys, address)
			attrs.SRIOVRole = role
			functions[address] = append(functions[address], nif)
			if role == PCI_SRIOV_VF {
				virtual = append(virtual, function{nif, pf})
			}
		}
	}
	for _, vf := range virtual {
		attrs := vf.nif.Nif()
		switch pfs := functions[vf.physical]; len(pfs) {
		case 1:
			pf := pfs[0].Nif()
			attrs.PF = pfs[0]
			pf.SRIOVRole = PCI_SRIOV_PF
			pf.Slaves = append(pf.Slaves, vf.nif)
			pf.Slaves.Sort()
		default:
			// None: without a driver, or in a namespace that is out of sight. Several: a card with
			// two ports on one function, such as ConnectX-3, which does not tell them apart here.
			reason := "has no interface in sight"
			if len(pfs) > 1 {
				reason = "has several interfaces"
			}
			findings = append(findings, Finding{
				Kind:    FindingRelation,
				Subject: fmt.Sprintf("interface %s", attrs.Name),
				Message: fmt.Sprintf("is a virtual function, but its physical function %s %s", vf.physical, reason),
				Netns:   attrs.Netns,
				Nif:     vf.nif,
			})
		}
	}
	return findings
}
