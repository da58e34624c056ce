"""Joined to other systems (feature A9): the REST API under `/api/v1`, its keys, and webhooks out.

A door like the console: no rule lives here, only calls of the slices' actions. What is its own: keys and their
scopes, what a request may carry, answers to repeated requests, and what has been told to whom.

Always true: a key's secret is kept as a digest only; an answer that was given under an idempotency key commits
with the deed it is about; webhooks carry ids, kinds, purposes and tiers, never a number, a name or a text; what
changed is read from the facts by snapshot, so nothing that committed is left out and nothing else is told.
"""
