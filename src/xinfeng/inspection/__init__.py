"""The regulator's view (features G4, G5): one screen and one export that account for a period.

Owns: export runs and what is kept how long. Always holds: nothing is summed up that cannot be drawn up row by row
from the facts; no retention is shorter than the law's floor.
"""
