package network

// NSID is what a network namespace calls another one in its netlink messages. An NSID means
// something only together with the namespace that said it; it is not an inode number. Once given
// it stays, until one of the two namespaces ends (see rtnetlink(7), IFLA_LINK_NETNSID).
type NSID uint32

// NSID_NONE is the kernel's way of saying that there is no such peer namespace, or that it has no
// NSID (NETNSA_NSID_NOT_ASSIGNED of include/uapi/linux/net_namespace.h).
const NSID_NONE = ^NSID(0)
