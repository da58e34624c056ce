"""The screens of consent: notices in versions, the suppression list, proof and the ledger."""
