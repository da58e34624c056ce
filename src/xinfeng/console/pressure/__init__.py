"""Contact pressure: how much people get, who goes first, what a change of the rules would do, strategies to start from."""
