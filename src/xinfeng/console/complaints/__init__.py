"""Complaints: take in, see which message it was, handle, and watch the rates."""
