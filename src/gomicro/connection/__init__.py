"""A connection: its requests, its answers and the deadlines over them."""
