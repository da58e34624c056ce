"""Consent: the ledger of who agreed to what, and the numbers that must not be written to.

Owns: notice, consent_entry, ledger_head, standing, suppression. Always holds: entries are appended under one
lock, each carries the hash of the one before; an opt-out commits behind the wire barrier (`consent.barrier`),
so that nothing reaches a carrier after it; standing is derived from entries and suppressions.
"""
