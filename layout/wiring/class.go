package wiring

// class is the range of numbers, from the first to before the second, that count as one number of cards
// where shapes are chosen, so that these stay the same while a few cards come and go: up to 5 each
// number for itself, then 6 and 7, 8 to 10, 11 to 14, 15 to 22, and so on. Classes begin below
// round numbers, which hosts have more often than others.
func class(n int) (from, to int) {
	if n < 5 {
		return n, n + 1
	}
	from, to = 5, 6
	for p := 4; n >= to; p *= 2 {
		from, to = to, below(2*p)
		if n >= to {
			from, to = to, below(3*p)
		}
	}
	return from, to
}

func below(n int) int {
	if n > 8 {
		return n - 1
	}
	return n
}

// mostOf is the largest number of cards in the class of a number. It stands for all of them.
func mostOf(n int) int {
	_, to := class(n)
	return to - 1
}

// coarser is the next number of columns to try: 1, 2, 3, 4, 6, 9, and so on. Those in between would be
// little better, and often as good as their neighbours, so that any change would tip the balance.
func coarser(columns int) int { return columns + max(1, columns/2) }
