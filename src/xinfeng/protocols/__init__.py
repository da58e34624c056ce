"""Codecs and state machines of the carriers, sans-IO: no sockets, no clock, no event loop.

`session` has what every carrier's session shares; each protocol has its own package.
"""
