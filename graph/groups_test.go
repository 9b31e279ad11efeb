package graph

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestComposeProjectsAreGroups(t *testing.T) {
	m := newMaker()
	m.host()
	m.docker("web", "nginx", labelProject, "shop")
	m.docker("db", "postgres", labelProject, "shop")
	m.docker("alone", "x")
	m.container(m.netns(), "podman.io", "web2", labelProject, "shop") // of another engine.
	both := m.docker("a", "x", labelProject, "shop")
	m.container(both, "docker.com", "b", labelProject, "other") // of two projects: of neither.
	g := projected(t, m, Options{})
	got := map[string]string{}
	for _, c := range g.Clusters {
		if c.Group != nil {
			got[c.Name] = c.Group.ID + " " + c.Group.Name + " " + c.Group.Engine
		}
	}
	assert.Equal(t, map[string]string{
		"web": "compose-shop shop docker", "db": "compose-shop shop docker", "web2": "compose-shop-2 shop podman",
	}, got)
	assert.Len(t, g.Groups, 2)
}

func TestContainersOfAnEngineInAContainerAreAGroup(t *testing.T) {
	m := newMaker()
	m.host()
	node := m.container(m.netns(), "docker.com", "kind-control-plane")
	node.ID = "node"
	containerd := m.process(nil, "containerd")
	containerd.Parent = node.Process
	pod := m.container(m.netns(), "containerd.io", "coredns", labelPod, "coredns-1", labelPodNs, "kube-system")
	pod.Engine.PID = containerd.PID
	app := m.container(m.netns(), "containerd.io", "app", labelProject, "shop")
	app.Engine = pod.Engine
	g := projected(t, m, Options{})
	got := map[string]string{}
	for _, c := range g.Clusters {
		for group := c.Group; group != nil; group = group.Parent {
			got[c.Name] += "/" + group.Kind + " " + group.Name
		}
	}
	assert.Equal(t, map[string]string{
		"kube-system/coredns-1": "/containers in kind-control-plane",
		"app":                   "/compose shop/containers in kind-control-plane",
	}, got)
}

func TestAPodOfSeveralNamespacesIsAGroup(t *testing.T) {
	m := newMaker()
	m.host()
	for _, name := range []string{"a", "b"} {
		m.container(m.netns(), "podman.io", name, labelPod, "pod1")
	}
	g := projected(t, m, Options{})
	assert.Len(t, g.Groups, 1)
	for _, c := range g.Clusters[1:] {
		assert.Equal(t, Group{ID: "group-pod-pod1", Kind: "pod", Name: "pod1", Engine: "podman"}, *c.Group)
	}
}

func TestADamagedModelDoesNotHang(t *testing.T) {
	m := newMaker()
	m.host()
	c := m.container(m.netns(), "docker.com", "a")
	c.Engine.PID = c.PID // an engine inside its own container.
	p1, p2 := m.process(nil, "x"), m.process(nil, "y")
	p1.Parent, p2.Parent = p2, p1
	d := m.container(m.netns(), "docker.com", "b")
	d.Engine.PID = p1.PID
	assert.Empty(t, projected(t, m, Options{}).Groups)
}
