"""Contacts: people with a phone number, their attributes, tags, tiers, traits and events.

Owns: contact, merge, merge_suggestion, attribute, tag, tag_change, tag_fact, placement, tier_fact, trait, event, event_key.
Always holds: one row per number and per external id, and one row that speaks for each person; numbers and names are
sealed; events, tag facts and tier facts are appended, `contact.tags` and `placement.tier` are derived; only people
merge people.
"""
