"""What the server and the warm process say to each other, a datagram each."""

MAX_MESSAGE = 1 << 16  # bytes; the longest path is shorter
READY, STALE = b"ready", b"stale"
