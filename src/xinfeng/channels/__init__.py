"""Channels: configured accounts with carriers, their connections, and the carrier simulator.

Owns: channel, connection_state. Always holds: secrets are sealed; a rate limit holds over any second, over
all connections and gateways of an account.
"""
