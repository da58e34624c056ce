"""What cloud vendors tell us: status reports and replies, at an address of their own for each channel.

Neither Alibaba Cloud nor Tencent Cloud signs what it pushes, so the address is the secret: it holds a keyed hash that
nobody can guess, is checked before anything else is looked at, and can be replaced (`callback_series`). Always true: a
vendor is thanked only after what it told is committed, an opt-out among it behind the wire barrier; what it tells again
changes nothing; what somebody else tells under a right address can at worst add facts that find no message.
"""
