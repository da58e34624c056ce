"""The reviewer's desk: what waits, a text with everything there is to know about it, proofs."""
