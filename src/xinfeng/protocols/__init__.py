"""Codecs and state machines of the carriers, sans-IO: no sockets, no clock, no event loop.

`session` has the states, windows and timers of every carrier's session, `core` the two ends of a connection,
`traffic` what travels over it. Each protocol has its own package of the same shape: `messages` and `codec` for people,
`bulk` for whole buffers, `client` and `server`.
"""
