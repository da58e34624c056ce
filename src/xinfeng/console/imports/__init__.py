"""Imports: a file is received, its columns are explained, consent is stated, and it runs with progress."""
