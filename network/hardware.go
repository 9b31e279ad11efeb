package network

// NifDriverInfo is what ethtool tells about an interface's driver and device (struct
// ethtool_drvinfo of include/uapi/linux/ethtool.h).
type NifDriverInfo struct {
	Driver      string `json:"driver"`                // driver's short name; empty where there is none.
	Version     string `json:"version,omitempty"`     // driver's version; often the kernel's.
	FwVersion   string `json:"fwversion,omitempty"`   // firmware version; can be "N/A".
	BusInfo     string `json:"businfo,omitempty"`     // address on the bus, such as "0000:01:00.0".
	EromVersion string `json:"eromversion,omitempty"` // expansion ROM's version.
}

// SRIOVRole tells whether an interface is an SR-IOV physical or virtual function.
type SRIOVRole uint8

// Roles in SR-IOV.
const (
	PCI_NIC      SRIOVRole = iota // no SR-IOV.
	PCI_SRIOV_PF                  // physical function with virtual functions.
	PCI_SRIOV_VF                  // virtual function.
)
