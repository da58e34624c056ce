"""Pure ground: phone numbers, text encodings and parts, money, time, ids, errors. No I/O, no clock."""
