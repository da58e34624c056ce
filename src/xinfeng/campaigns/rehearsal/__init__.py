"""A campaign played through before it starts: real recipients' texts, to carriers that are simulated on this machine.

Everything between a rendered text and a carrier is the real thing: codecs, sessions, windows, rates, vendors' templates.
What always holds:

1. Nothing reaches a carrier or a person. An account is only ever made by `stage`, which puts loopback, a port of ours and
   made-up credentials in the place of the channel's; the channel's secret is not even opened. The event loop that it
   runs on refuses to connect anywhere else (`stage.LoopbackLoop`). And every number is one that the Ministry has given
   to nobody (`numbers`); the recipients' own are never unsealed.
2. Nothing is counted. Plans, messages, attempts, receipts, caps, health: none of it is written or moved. The run keeps
   what came of it in a row of its own, without texts and numbers.
3. A text is never on a disk: the carriers write their logs to memory that ends with the run.
4. The carriers' processes end with whoever started them, however that ends: they read from a pipe that it holds.
5. There is one at a time, by the database.

    numbers, shares, faults, outcome   pure
    stage      the account that is used in place of a channel's
    playing    the process of a simulated carrier; `carriers` starts and ends it
    casting    whose texts, over which channel
    sending    the loop: sessions, windows, rates, answers
    witnessing what arrived, against what was rendered
    actions, reads
"""
