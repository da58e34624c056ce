"""A lookup provider in a process of its own: speaks the generic interface and Alibaba Cloud's, fails on demand.

Answers follow from the number (`answers`), so a test knows them beforehand; every question is counted, so a test
sees what was paid for twice. It needs no database.
"""

from __future__ import annotations
