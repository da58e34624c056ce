"""Batches of contacts and events as they come over HTTP: read, looked through row by row, written at a stroke."""
