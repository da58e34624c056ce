"""Django's PostgreSQL backend, with a bound on the connections that one process holds at a time."""
