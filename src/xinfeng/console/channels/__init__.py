"""Channels: accounts with carriers, how their connections fare, switching them on and off."""
