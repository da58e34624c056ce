"""Number hygiene (feature A7): what is known of each contact's number, how it was learned, and what follows.

A number is quarantined, never deleted; a number that now belongs to somebody else takes its consent with it. Facts
about numbers (`number_fact`) are appended; `number_state` is derived from them and can be rebuilt.
"""
