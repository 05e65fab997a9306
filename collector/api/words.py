"""Types of what programs send, each with its bounds: they are checked here and stand in the document."""

from typing import Annotated

from msgspec import Meta

NUMBER_MOST = 2**53 - 1  # what every JSON reader keeps exactly
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

Number = Annotated[int, Meta(ge=1, le=NUMBER_MOST)]
Instant = Annotated[int, Meta(ge=0, le=NUMBER_MOST, description="milliseconds since 1970-01-01 UTC")]
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", extra_json_schema={"format": "date"})]
Text = Annotated[str, Meta(max_length=80, pattern=_NO_CONTROL)]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f])?$"),
]
Limit = Annotated[int, Meta(ge=1, le=200, description="how many at most")]
Said = Annotated[
    str, Meta(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f]$")
]  # not of blanks alone
FileName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f/\\]+$")]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_CONTROL)]
