"""Contacts: finding them without a number in an address, and one contact with everything about her."""
