"""Routes: among which channels a campaign's messages are shared out, and whom nobody covers."""
