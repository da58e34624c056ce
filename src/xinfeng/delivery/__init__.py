"""Delivery: plans, messages, dispatch over the channels, receipts and replies.

Owns: plan, chunk, message, left_out, withheld, attempt, receipt, receipt_match, reply. Always holds: a message
is on the wire at most once (the chunk's watermark is committed first); what may or may not have left is
`uncertain`; receipts and replies are committed before they are acknowledged; all of these are facts, only
plan and chunk have a state.
"""
