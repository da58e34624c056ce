"""Signing in and one's own account: password, second factor, recovery codes, sessions, and proving who one is again."""
