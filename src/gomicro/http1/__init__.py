"""HTTP/1.x in bytes, by the rules of Go's `net/http`: no socket and no clock."""
