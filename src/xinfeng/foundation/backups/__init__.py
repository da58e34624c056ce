"""Backups: one file that holds everything a deployment needs to stand up elsewhere, but for its keys.

A backup is a zip file, drawn up while everything runs:

    tables/<partition>.copy          rows as PostgreSQL's COPY writes them as text, UTF-8; one file a partition
    tables/<partition>.unread.copy   those of its rows that whoever reads the table by snapshots had not read yet
    uploads/<n>.sealed               a file of XINFENG_DATA/uploads, sealed piece by piece under the vault's key
    keys.sealed                      only where it was asked for: the folder of the keys under a passphrase
    manifest.json                    what made it, when, of which database and migrations; rows, size and SHA-256 of every
                                     file above; sequences; heads of ledger and audit log; fingerprints of the keys it needs
    signature.json                   Ed25519 over "xinfeng-backup-1\\n" and the bytes of manifest.json

Always holds: everything in a backup is of one snapshot; no lock is held on a table for longer than its copying takes;
memory does not grow with the data; nothing personal is in the clear, and without the key file nothing can be opened.

`form`, `manifest` and `checking` need neither Django nor a database.
"""
