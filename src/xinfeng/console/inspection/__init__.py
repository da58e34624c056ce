"""The screens of inspection: the account of a period, what is kept how long, archives."""
