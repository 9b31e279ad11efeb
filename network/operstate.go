package network

// OperState is the operational state of an interface (RFC 2863, IFLA_OPERSTATE).
type OperState uint8

// Operational states, as Documentation/networking/operstates.rst numbers them.
const (
	Unknown        OperState = iota // driver and user space say nothing about it.
	NotPresent                      // not used by Linux.
	Down                            // cannot carry traffic.
	LowerLayerDown                  // an interface it stands on is down.
	Testing                         // in a test, such as a cable test.
	Dormant                         // up but waiting for something, such as 802.1X.
	Up                              // can carry traffic.
)

var operStates = [...]struct{ name, icon string }{
	Unknown:        {"unknown", "?"},
	NotPresent:     {"notpresent", "∅"},
	Down:           {"down", "▼"},
	LowerLayerDown: {"lowerlayerdown", "▽"},
	Testing:        {"testing", "⚙"},
	Dormant:        {"dormant", "◌"},
	Up:             {"up", "▲"},
}

// Name returns the state's name as /sys/class/net/…/operstate shows it: "up", "down", …; "unknown"
// for states that Linux does not have.
func (s OperState) Name() string {
	if int(s) >= len(operStates) {
		s = Unknown
	}
	return operStates[s].name
}

// TerminalIcon returns a character for the state, one column wide on a terminal.
func (s OperState) TerminalIcon() string {
	if int(s) >= len(operStates) {
		s = Unknown
	}
	return operStates[s].icon
}
