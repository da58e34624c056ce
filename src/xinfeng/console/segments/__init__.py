"""Segments: the list, the builder with live numbers, one segment with its size over time."""
