"""Complaints (feature G5, F3): what people complained about, which message it was, how it was handled.

Owns: `complaint` and what was done about each. Always holds: a complaint suppresses marketing to the number across
all signatures before anything else happens, and never service messages; counting is per million with exact intervals.
"""
