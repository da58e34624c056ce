"""The REST API, version 1: a module for each noun, all of them thin. `door` is what they have in common."""
