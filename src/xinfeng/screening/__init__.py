"""Screening (feature C5): what a marketing text may not say, what it may only say with proof, and why.

Owns: the rules that ship (`data/`, each with its legal source and effective date), a deployment's own words and
overrides, and the labelled set that measures them. Always holds: a finding points at the very characters the author
typed; a text is judged by the rules in force at its moment, and those can be read again a year later.
"""
