"""What a person may ask of us (feature A10, PIPL 44-50): access, copy, correction, erasure, portability, and the two
switches. Every request has a deadline, an identity check and a written answer.

Erasure leaves the keyed-hash suppression and the ledger's bare entries, nothing else; the journal of erasures lies
beside the keys, outside every backup of the database, and is carried out again after a restore.
"""
