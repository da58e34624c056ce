"""Complaints (features G5, F3): what people complained about, which message it was, how it was handled, how many.

Owns: `complaint`, `complaint_step`, `complaint_match` (facts, append-only), `complaint_standing` (derived from them;
`actions.rebuild_standings` makes it again), files of complaints, attachments, waivers, and the count of what was
delivered of each plan. Always holds:

- A complaint suppresses marketing to its number across all signatures, in the transaction that takes it in, behind
  the wire barrier. Service messages still arrive. The suppression is lifted by consent's own rules only.
- The same complaint is taken once: by source and reference, else by source, number and time.
- Counting is per million delivered, with exact intervals. A complaint counts until somebody dismisses it with a
  reason (`settings.Rules.counts`).
"""
