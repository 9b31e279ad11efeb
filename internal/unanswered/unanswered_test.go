package unanswered

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThreadsAreCountedUntilTheyComeBack(t *testing.T) {
	require.Zero(t, Threads())
	first, second := Asking(), Asking()
	require.Equal(t, 2, Threads())
	first()
	require.Equal(t, 1, Threads())
	second()
	require.Zero(t, Threads())
}
