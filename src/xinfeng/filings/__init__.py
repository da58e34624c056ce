"""Filings (features C6, D4): what was registered with carriers and vendors, and what they would refuse.

Owns: filings of signatures (by carrier and channel), of templates and of bulk sending on peak days, qualifications,
the days on which carriers take no filings. Always holds: where a channel demands a filing and there is none in force
for the contact's carrier, the message is not sent, and the preflight says so.
"""
