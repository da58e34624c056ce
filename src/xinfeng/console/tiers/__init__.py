"""Tiers and computed traits: where people are, how they move, the rules, and what is computed from behaviour."""
