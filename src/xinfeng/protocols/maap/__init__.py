"""5G messages: rich cards and carousels, as the carriers' MaaP platforms take them. Sans-IO.

`messages` has what a message consists of (GSMA RCC.07 botmessage and botsuggestion objects, as Chinese carriers take
them), its limits and its JSON form; the carriers' two ways of sending it stand in modules of their own.
"""
