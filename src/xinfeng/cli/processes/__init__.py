"""The long-running processes: `app`, `gateway`, and `up`, which keeps both and the embedded PostgreSQL alive."""
