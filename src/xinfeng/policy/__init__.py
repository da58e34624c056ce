"""Policy: who may be written to now. Gates, windows, caps, the calendar; each refusal carries one reason.

Owns: send_window, calendar_day, and the stored setting `policy`. Always holds: one expression over the lens
plans a campaign, tells the preflight who falls out and explains one contact.
"""
