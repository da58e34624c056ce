"""Requests of persons about their information: take in, check, do, answer, and prove that it was done."""
