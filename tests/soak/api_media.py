"""What schemathesis has to be told: bytes of a part of a file are bytes, whatever their media type is called."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
