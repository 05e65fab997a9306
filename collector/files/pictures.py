"""Pictures made anew: what a camera wrote beside them (place, owner, serial number) is gone, and what hides behind."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from collector.files.kinds import PHOTOS, FileRefused, kind_of

EDGE_MOST = 2560  # pixels; a larger picture is made smaller
PIXELS_MOST = 80_000_000
QUALITY = 88
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


def opened(stream, kind):
    """The picture of a stream, upright, nothing beside it; RGB, or RGBA where it is transparent. Raises FileRefused."""
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=[FORMATS[kind]]) as found:
                if found.width * found.height > PIXELS_MOST:
                    raise FileRefused("picture", f"{found.width} x {found.height}")
                upright = ImageOps.exif_transpose(found)
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefused("picture") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:  # what broken pictures raise in Pillow
        raise FileRefused("picture") from error


def picture(stream):
    """The picture of a seekable stream of any kind of photo, to be looked into and not kept. Raises FileRefused."""
    return opened(stream, kind_of(stream, PHOTOS))


def made_anew(stream, kind):
    """A stream of the same picture of the same kind, with nothing but its pixels. Raises FileRefused."""
    seen, fresh = opened(stream, kind), io.BytesIO()
    seen.info = {}
    seen.thumbnail((EDGE_MOST, EDGE_MOST))
    if kind == "jpeg":
        seen = seen.convert("RGB")
    seen.save(fresh, FORMATS[kind], **({} if kind == "png" else {"quality": QUALITY}))
    fresh.seek(0)
    return fresh
