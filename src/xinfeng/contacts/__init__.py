"""Contacts: people with a phone number, their attributes, tags, tiers and events.

Owns: contact, attribute, tag, tag_fact, event, event_key. Always holds: one contact per number and per
external id; numbers and names are sealed; events and tag facts are appended, `contact.tags` is derived.
"""
