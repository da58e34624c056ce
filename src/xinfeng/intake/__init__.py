"""Intake: files become contacts, events and consents (forms and API batches will join here).

Owns: import_job, import_rejection. Always holds: a row's contact and its consent commit together or not at
all; every bad row is kept with its line and reason; an import never undoes an opt-out; a file taken twice
changes nothing.
"""
