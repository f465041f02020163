"""Django's SQLite backend with reuse of idle connections."""
