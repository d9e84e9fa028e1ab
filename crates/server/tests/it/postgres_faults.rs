//! What happens to a server when its PostgreSQL is in trouble.
