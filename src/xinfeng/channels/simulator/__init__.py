"""A carrier to practise with, in its own process, which misbehaves on demand. `dialects` knows what it can speak.

`run(options)` serves until it is told to stop. What it may do wrong, and how, is in `behaviour`; it can be changed
while it runs, through the control port (`control`). `witness` answers from its log who got what, how often.

Always holds: whatever was accepted is in the log before it is answered; receipts and replies are delivered again
until they are acknowledged, over whichever connection the account has.
"""

from xinfeng.channels.simulator.behaviour import Behaviour
from xinfeng.channels.simulator.options import Options
from xinfeng.channels.simulator.server import run

__all__ = ["Behaviour", "Options", "run"]
