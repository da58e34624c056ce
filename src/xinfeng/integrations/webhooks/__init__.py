"""Webhooks out: what changed is gathered from the facts, signed, delivered until it has arrived.

The promise: everything that committed is told at least once, to every webhook that asks for its kind. A receiver
knows what it has had by the event's `id`. Order is that of the facts as long as everything arrives; what is retried or
replayed comes later, so a receiver that cares looks the contact up. A contact that changed often between two looks
is told once.
"""
