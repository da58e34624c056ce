"""The proof bundle: its form, how it is written, and how anybody checks it without this house.

A bundle is a zip file (everything deflated, dated 1980-01-01, names in ASCII):

    entries.jsonl        lines of the ledger, one JSON object each, by `seq`: every column that is hashed
    recipients.csv       campaigns only: one row a message, with the entry relied on
    suppressions.jsonl   what keeps the numbers from being written to
    notices/<id>.txt     the wordings that entries name, in UTF-8
    evidence/<what>.jsonl  what the entries' evidence refers to, as far as the house holds it
    report.html          all that for people, in Chinese and English
    manifest.json        who drew it up, when and why; head and last check of the ledger; counts; size and SHA-256
                         of every file above; the public key
    signature.json       Ed25519 over "xinfeng-bundle-1 manifest\\n" and the bytes of manifest.json

and its comment (the last bytes of the file) is `XINFENG-SEAL-1 ` and in hex an Ed25519 signature over
"xinfeng-bundle-1 file\\n" and the SHA-256 of everything before the comment. So no byte can be changed unnoticed.

`form` and `checking` need neither Django nor a database; `xinfeng consent verify-bundle` uses only these.
"""
