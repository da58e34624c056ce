"""Benchmarks. Each runs alone, `python -m benchmarks.NAME`, and prints one JSON line."""
