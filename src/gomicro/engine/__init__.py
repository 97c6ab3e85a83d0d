"""The server: bytes in, deadlines over them, answers out."""
