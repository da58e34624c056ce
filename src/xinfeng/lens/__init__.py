"""The lens: the columnar copy of everything that must be counted.

Owns: the lens file, and nothing in PostgreSQL. Always holds: it has exactly what had committed at its mark
(a `pg_snapshot` kept beside the rows, in one transaction with them), so it can be dropped and rebuilt at any
time; it never has phone numbers, names, hashes, bodies or evidence. It knows no table by name: each slice
declares what is seen of it in its `feed.py`.
"""
