"""Segments: rules over attributes, tags, tiers, consent, events and message outcomes.

Owns: segment, segment_member, segment_size. Always holds: a rule is a typed tree (`segments.rules`), and is
asked of the lens as one Ibis expression; a rule from outside never becomes code or SQL text.
"""
